"""Contacts of the phones of an area with a network of beams: who is served at each step, and who never is."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.engine.engine import ProgressCallback, SpanJob, span_job
from d2c.coverage.engine.models import BeamNetwork
from d2c.coverage.inputs import Inputs
from d2c.coverage.kernel_link import kernel_link
from d2c.coverage.kernels.tiles import to_grid_order
from d2c.coverage.network.beam_service import beam_service
from d2c.coverage.network.window import NetworkWindow
from d2c.coverage.windows import span_windows
from d2c.errors import ScenarioError
from d2c.scenario.model import Scenario

MOST_CELLS = 20_000  # service is stored per phone and step
_STEPS = 100  # whose beam cells are in memory together

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Contacts:
    """The steps T at which the P phones of each of the G cells of an area are served; each stands for as many people.

    served_bits (T, G, ceil(P / 8)) uint8: a bit per phone, by `numpy.packbits`; beam_cell (G,): index of the beam
    cell, -1 for none; share (T, K): share of time of each of the K distinct beam cells, in the order of their indices;
    people (G,): population.
    """

    served_bits: NDArray[np.uint8]
    phones: int
    beam_cell: Longs
    share: NDArray[np.float32]
    people: Longs
    step_s: float

    def __post_init__(self) -> None:
        """Lock the arrays."""
        for values in (self.served_bits, self.beam_cell, self.share, self.people):
            values.flags.writeable = False

    @property
    def steps(self) -> int:
        """Return the number of steps, T."""
        return len(self.served_bits)

    @property
    def span_s(self) -> float:
        """Return the length of the span."""
        return self.steps * self.step_s

    def people_per_phone(self) -> Floats:
        """Return the people for whom each phone stands, (G, P)."""
        return np.repeat((self.people / self.phones)[:, None], self.phones, axis=1)

    def served(self, step: int) -> Bools:
        """Return the phones that are served at a step, (G, P)."""
        return np.unpackbits(self.served_bits[step], axis=-1, count=self.phones).view(np.bool_)

    def served_steps(self) -> Longs:
        """Return the number of steps at which each phone is served, (G, P)."""
        count = np.zeros(self._shape, np.int64)
        for t in range(self.steps):
            count += self.served(t)
        return count

    def next_contact_s(self) -> Floats:
        """Return the time from the start of the span to each phone's first contact, (G, P); NaN without one."""
        first_s = np.full(self._shape, np.nan)
        for t in range(self.steps):
            first_s[self.served(t) & np.isnan(first_s)] = t * self.step_s
            if not np.isnan(first_s).any():
                break
        return first_s

    def minutes_per_hour(self) -> Floats:
        """Return the mean minutes of service per hour of each phone, (G, P)."""
        return np.asarray(60.0 * self.served_steps() / self.steps)

    def people_never_served(self) -> Floats:
        """Return the people for whose phones the span has no contact, (G, P)."""
        return np.where(self.served_steps() == 0, self.people_per_phone(), 0.0)

    def beams_in_use(self) -> Floats:
        """Return the number of beams over populated cells that they serve at each step, on average in time, (T,)."""
        populated = self.people > 0
        _, beam = np.unique(self.beam_cell, return_inverse=True)
        some: Bools = np.asarray(self.served_bits.any(axis=-1), bool)
        in_use = [some[:, populated & (beam == k)].any(axis=1) for k in range(beam.max(initial=-1) + 1)]
        return np.asarray((np.array(in_use).T * self.share).sum(axis=1, dtype=np.float64))

    @property
    def _shape(self) -> tuple[int, int]:
        return len(self.people), self.phones


def compute_contacts(
    scenario: Scenario, inputs: Inputs, *, progress: ProgressCallback | None = None
) -> Contacts:
    """Compute the steps at which the first service of a scenario with beams serves the phones of each cell.

    ScenarioError for more than 20,000 cells, or without beams.
    """
    if inputs.beams is None:
        raise ScenarioError(
            f"'{scenario.title}' has no network of beams, and without one the capacity of a satellite has no limit"
        )
    if len(inputs.grid) > MOST_CELLS:
        raise ScenarioError(
            f"[grid]: {len(inputs.grid):,} cells are more than the {MOST_CELLS:,} for which every step is stored; "
            "make the area smaller or the cells larger, such as grid.resolution=5"
        )
    job = span_job(scenario, inputs, *kernel_link(scenario, inputs))
    samples, phones = scenario.time.samples, inputs.phones.number
    served_bits = np.zeros((samples, len(inputs.grid), -(-phones // 8)), np.uint8)
    decayed_at = job.positions.in_orbit()
    for first, served, decays in _served(job, samples):
        decayed_at = decays  # in the end those of the span
        served_bits[first : first + len(served)] = np.packbits(served, axis=-1)
        if progress:
            progress(first + len(served), samples)
    return Contacts(
        served_bits=served_bits,
        phones=phones,
        beam_cell=inputs.beams.cell.copy(),
        share=_shares(scenario, inputs, np.unique(inputs.beams.cell), decayed_at),
        people=inputs.population.copy(),
        step_s=scenario.time.step_us / 1e6,
    )


def _served(job: SpanJob, samples: int) -> Iterator[tuple[int, Bools, Longs]]:
    """Yield the first of some steps, the phones served at them (T, G, P), and the decays known by then (S,)."""
    model = job.setup.model
    assert isinstance(model, BeamNetwork)  # of a scenario with beams
    satellites, decayed_at = len(job.positions.constellation), job.positions.in_orbit()
    for window in span_windows(samples=samples, satellites=satellites):
        first = job.first_step(window)
        count = window.first + window.count - first
        positions = job.positions.window(first=first, count=count, decayed_at=decayed_at)
        decayed_at = positions.decayed_at
        network = NetworkWindow(model.network, window, satellites=satellites)
        for steps in network.steps(positions.position_m):
            in_time = to_grid_order(steps.margin_db[0] >= 0, job.setup.cells.order)  # (P, T, G)
            yield window.first + steps.first, np.moveaxis(in_time, 0, -1), decayed_at


def _shares(
    scenario: Scenario, inputs: Inputs, cells: Longs, decayed_at: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the share of time of beam cells (K,) at each step, (T, K) float32; 0 for -1, no beam cell."""
    share = np.zeros((scenario.time.samples, len(cells)), np.float32)
    for window in span_windows(samples=len(share), satellites=len(inputs.constellation), max_steps=_STEPS):
        for step, service in enumerate(
            beam_service(scenario, inputs, window, decayed_at=decayed_at), window.first
        ):
            share[step] = np.where(cells >= 0, service.share[cells], 0.0)
    return share
