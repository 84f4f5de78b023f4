"""Search for the smallest Walker shell that meets a target: over a short span, then confirmed over the whole span.

The result is the best of the shells tried, not a proven minimum. For each altitude (docs/tradeoff.md): bisection on a
geometric ladder of sizes, one inclination after the other; then fewer satellites one by one; then upwards again,
until a run over the whole span and the scenario's own cells meets the target too.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from d2c.analysis.sizing.trial import Trial, Trials, best_of
from d2c.analysis.sizing.walker_shapes import WalkerShape, all_shapes, quick_shapes
from d2c.coverage.result import CoverageResult
from d2c.coverage.run import run_coverage
from d2c.scenario.model import Scenario
from d2c.scenario.target import Target

MOST_SATELLITES = 4096
_RUNG = 1.06  # ratio of two neighbouring sizes of the ladder
_TRIED_PER_SIZE = 2  # shapes of a rung, the most even ones
_TRIED_FOR_CURVE = 3  # shapes per size of the curve, of which the best is kept
_TRIED_PER_NUMBER = 4  # shapes per number of satellites, in the downward search
# The downward search ends after so many sizes, and such a share of the smallest, without success.
_GIVE_UP, _GIVE_UP_SHARE = 12, 0.06
_LARGEST_OVER_SMALLEST = 1.5
_CLOSES_AT = 512  # a service never available with so many satellites is unavailable with any number
_CURVE = (0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.15, 1.4, 1.7, 2.0)  # sizes of the curve over the smallest size

MessageCallback = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SmallestShell:
    """The smallest shell at an altitude, confirmed over the whole span; `reason` if there is none."""

    altitude_km: float
    trial: Trial | None
    reason: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class DoubledShell:
    """The effect of twice the satellites: number of cells with lower availability, least and mean change."""

    shape: WalkerShape
    cells_lower: int
    least_change: float
    mean_change: float


@dataclass(frozen=True, eq=False, slots=True)
class SizeResult:
    """The smallest shell of each altitude, the full run of the smallest, the effect of doubling it, and the curve.

    If no shell meets the target `best`, `result` and `doubled` are None. trials: the runs of the search.
    """

    scenario: Scenario
    target: Target
    inclination_deg: tuple[float, ...]
    shells: tuple[SmallestShell, ...]
    best: Trial | None
    result: CoverageResult | None
    doubled: DoubledShell | None
    curve: tuple[Trial, ...]
    trials: Trials
    run_time_s: float


def smallest_walker(
    scenario: Scenario,
    target: Target,
    *,
    altitude_km: Sequence[float],
    inclination_deg: Sequence[float],
    workers: int | None = None,
    on_message: MessageCallback = lambda _: None,
) -> SizeResult:
    """Search for the smallest Walker delta shell of these altitudes and inclinations that meets the target.

    scenario: area, link with one service, span, cells; its constellation is ignored. D2CError for an invalid
    scenario, and ScenarioError for a population target in an area without population.
    """
    began = time.perf_counter()
    trials = Trials(scenario, target, workers=workers)
    shells, curve = [], []
    for altitude in altitude_km:
        on_message(f"searching at {altitude:g} km")
        shell = _AltitudeSearch(trials, altitude, tuple(map(float, inclination_deg))).run()
        shells.append(shell)
        if shell.trial:
            curve += [shell.trial, *_curve(trials, shell.trial)]
    confirmed = [shell.trial for shell in shells if shell.trial]
    best = min(confirmed, key=lambda trial: trial.shape.satellites, default=None)
    result = run_coverage(trials.scenario_of(best.shape, best.altitude_km), workers=workers) if best else None
    return SizeResult(
        scenario=scenario,
        target=target,
        inclination_deg=tuple(float(i) for i in inclination_deg),
        shells=tuple(shells),
        best=best,
        result=result,
        doubled=_doubled(trials, best, result) if best and result else None,
        curve=tuple(sorted(curve, key=lambda trial: (trial.altitude_km, trial.shape.satellites))),
        trials=trials,
        run_time_s=time.perf_counter() - began,
    )


@dataclass(eq=False, slots=True)
class _AltitudeSearch:
    """The search at one altitude."""

    trials: Trials
    altitude_km: float
    inclination_deg: tuple[float, ...]
    smallest: Trial | None = None
    meeting: list[Trial] = field(default_factory=list)
    never_closes: bool = False

    def run(self) -> SmallestShell:
        """Return the smallest shell that meets the target over the whole span."""
        ladder = _ladder()
        middle = float(np.median(self.inclination_deg))
        for inclination in sorted(self.inclination_deg, key=lambda i: abs(i - middle)):
            self._bisect_ladder(ladder, inclination)
            if self.never_closes:
                reason = "the service is never available there: the link does not close with any number of satellites"
                return SmallestShell(self.altitude_km, None, reason)
        if self.smallest is None:
            reason = f"not met with up to {MOST_SATELLITES:,} satellites"
            return SmallestShell(self.altitude_km, None, reason)
        self._search_downwards()
        confirmed = self._confirm()
        reason = (
            ""
            if confirmed
            else "met over the short span only, and by no larger shell tried over the whole span"
        )
        return SmallestShell(self.altitude_km, confirmed, reason)

    def _bisect_ladder(self, ladder: list[int], inclination: float) -> None:
        """Find the smallest rung that meets the target by bisection, if it is below the smallest shell so far."""
        low = -1
        for high in self._first_rungs(ladder):
            if self._rung_meets(ladder[high], inclination):
                break
            low = high
        else:
            return
        while high - low > 1:
            between = (high + low) // 2
            if self._rung_meets(ladder[between], inclination):
                high = between
            else:
                low = between

    def _first_rungs(self, ladder: list[int]) -> Iterator[int]:
        """Yield the rung below the smallest shell, or rungs of doubling size until the link is known never to close."""
        if self.smallest:
            below = int(np.searchsorted(ladder, self.smallest.shape.satellites)) - 1
            if below >= 0:
                yield below
            return
        size = 8
        while not self.never_closes and size < MOST_SATELLITES:
            yield int(np.searchsorted(ladder, size))
            size *= 2
        if not self.never_closes:
            yield len(ladder) - 1

    def _rung_meets(self, satellites: int, inclination: float) -> bool:
        return self._any_meets(quick_shapes(satellites, inclination), count=_TRIED_PER_SIZE)

    def _any_meets(self, shapes: list[WalkerShape], *, count: int) -> bool:
        for shape in self.trials.most_even_shapes(shapes, count=count):
            trial = self.trials.quick(shape, self.altitude_km)
            if trial.meets:
                self.meeting.append(trial)
                if self.smallest is None or shape.satellites < self.smallest.shape.satellites:
                    self.smallest = trial
                return True
            if trial.never_served and shape.satellites >= _CLOSES_AT:
                self.never_closes = True
        return False

    def _search_downwards(self) -> None:
        """Try fewer and fewer satellites, one by one, at inclinations near that of the smallest shell."""
        assert self.smallest is not None
        size = self.smallest.shape.satellites - 1
        while size > 0 and size >= (1 - _GIVE_UP_SHARE) * self.smallest.shape.satellites - _GIVE_UP:
            self._any_meets(self._around(size), count=_TRIED_PER_NUMBER)
            size -= 1

    def _around(self, satellites: int) -> list[WalkerShape]:
        """Return all shapes of a size, at inclinations from one neighbour of the smallest shell's to the other."""
        assert self.smallest is not None
        centre = self.smallest.shape.inclination_deg
        inclinations = sorted(self.inclination_deg)
        step = min((b - a for a, b in pairwise(inclinations)), default=0.0) / 2
        near = {min(max(centre + k * step, inclinations[0]), inclinations[-1]) for k in (-2, -1, 0, 1, 2)}
        return [shape for inclination in sorted(near) for shape in all_shapes(satellites, inclination)]

    def _confirm(self) -> Trial | None:
        """Return the smallest shell, from the smallest upwards, that also meets the target over the whole span."""
        assert self.smallest is not None
        size = self.smallest.shape.satellites
        last = size * _LARGEST_OVER_SMALLEST + _GIVE_UP
        while size <= last:
            known = [trial.shape for trial in self.meeting if trial.shape.satellites == size]
            more = self.trials.most_even_shapes(self._around(size), count=_TRIED_PER_NUMBER)
            for shape in dict.fromkeys((*known, *more)):
                if self.trials.quick(shape, self.altitude_km).meets:
                    trial = self.trials.full(shape, self.altitude_km)
                    if trial.meets:
                        return trial
            size += 1
        return None


def _ladder() -> list[int]:
    """Return the sizes that the bisection tries."""
    steps = int(np.ceil(np.log(MOST_SATELLITES) / np.log(_RUNG)))
    return sorted({min(round(_RUNG**k), MOST_SATELLITES) for k in range(steps + 1)})


def _curve(trials: Trials, smallest: Trial) -> list[Trial]:
    """Return full runs of the best shell of each other size, at the altitude and inclination of the smallest."""
    inclination, satellites = smallest.shape.inclination_deg, smallest.shape.satellites
    sizes = sorted({max(round(share * satellites), 1) for share in _CURVE} - {satellites})
    tried = []
    for size in sizes:
        shapes = trials.most_even_shapes(quick_shapes(size, inclination), count=_TRIED_FOR_CURVE)
        runs = [trials.full(shape, smallest.altitude_km) for shape in shapes]
        tried.append(best_of(runs, trials.target))
    return tried


def _doubled(trials: Trials, best: Trial, result: CoverageResult) -> DoubledShell:
    """Compute the change of availability per cell with twice the satellites, those of the best shell included."""
    shape = best.shape.doubled()
    name = f"{trials.service}_availability"
    after = trials.figures(shape, best.altitude_km, full=True)[name]
    change = after - result.figures[name]
    return DoubledShell(shape, int((change < 0).sum()), float(change.min()), float(change.mean()))
