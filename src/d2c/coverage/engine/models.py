"""The two models of service: every satellite above the mask serves every cell it sees, or a network of beams does.

A model adds a window of positions to the accumulator, which counts the services of both alike.
"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.engine.accumulator import CoverageAccumulator
from d2c.coverage.network.levels import HoppingNetwork
from d2c.coverage.network.window import NetworkWindow
from d2c.coverage.statistics.coverage import Timeline
from d2c.coverage.statistics.network import NetworkStatistics
from d2c.coverage.windows import Slots, Window


class WindowPart(NamedTuple):
    """The part of a window that is not in the accumulator; no network without beams."""

    timeline: Timeline
    slots: Slots
    network: NetworkStatistics | None


class ServiceModel(Protocol):
    """Which satellite serves which cell, and at which level."""

    divisible: ClassVar[bool]
    """Whether a window can be done in pieces at no cost."""

    def lead_steps(self, window: Window) -> int:
        """Return how many steps before a window the model needs positions of."""

    def add_window(
        self, accumulator: CoverageAccumulator, position_m: NDArray[np.float64], window: Window, *, every: int
    ) -> WindowPart:
        """Add a window; position_m (lead + T, S, 3). every: steps between two slots, 0 for none."""


@dataclass(frozen=True, slots=True)
class OpenSky:
    """Every satellite above the mask serves every cell it sees, and the best one of each cell counts."""

    divisible: ClassVar[bool] = True

    def lead_steps(self, window: Window) -> int:
        """Return 0: what a satellite gives does not depend on the steps before."""
        return 0

    def add_window(
        self, accumulator: CoverageAccumulator, position_m: NDArray[np.float64], window: Window, *, every: int
    ) -> WindowPart:
        """Add a window; position_m (T, S, 3)."""
        timeline, slots = accumulator.add_window(position_m, every=every)
        return WindowPart(timeline, slots, None)


@dataclass(frozen=True, eq=False, slots=True)
class BeamNetwork:
    """A phone camps on the strongest beam, over noise and the mean interference of the others."""

    network: HoppingNetwork
    divisible: ClassVar[bool] = False  # levels and handovers of each piece would begin some steps before it

    def lead_steps(self, window: Window) -> int:
        """Return the steps before the window from which its levels and handovers begin."""
        return self.network.lead_steps(window)

    def add_window(
        self, accumulator: CoverageAccumulator, position_m: NDArray[np.float64], window: Window, *, every: int
    ) -> WindowPart:
        """Add a window; position_m (lead + T, S, 3)."""
        lead = self.lead_steps(window)
        timeline, slots = accumulator.add_window(position_m[lead:], every=every, count_services=False)
        running = NetworkWindow(self.network, window, satellites=position_m.shape[1])
        served = [
            accumulator.add_margins(steps.margin_db, first=window.first + steps.first)
            for steps in running.steps(position_m)
        ]
        accumulator.raise_pfd_over_limits(running.counters.pfd_over_limit)
        cells, area_m2 = (np.concatenate(parts) for parts in zip(*served, strict=True))
        timeline = Timeline(
            timeline.satellites,
            timeline.visible_cells,
            timeline.visible_m2,
            served_cells=cells,
            served_m2=area_m2,
        )
        return WindowPart(timeline, slots, running.statistics())
