"""The smallest Walker shell that meets a target: searched over a short span, confirmed over the whole one.

What is found is the best of what was tried, not a proof. How the search goes is in docs/tradeoff.md: for each altitude
the smallest rung of a ladder of sizes by bisection, one inclination after the other; from there down satellite by
satellite; then up again, until a run over the whole span and the scenario's own cells meets the target too.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from d2c.analysis.sizing.trial import Trial, Trials, best_of
from d2c.analysis.sizing.walker_shapes import Shape, all_shapes, quick_shapes
from d2c.coverage.result import CoverageResult
from d2c.coverage.run import run_coverage
from d2c.scenario.model import Scenario
from d2c.scenario.target import Target

MOST_SATELLITES = 4096
_RUNG = 1.06  # sizes of the ladder grow by this
_TRIED_PER_SIZE = 2  # shapes of a rung, the most even ones
_TRIED_FOR_CURVE = 3  # shapes of a size of the curve, of which the best counts
_TRIED_PER_NUMBER = 4  # shapes of one number of satellites, on the way down
# On the way down, after so many sizes, and so much of the smallest, in vain.
_GIVE_UP, _GIVE_UP_SHARE = 12, 0.06
_LARGEST_OVER_FOUND = 1.5
_CLOSES_AT = 512  # with so many satellites a service that was never had never will be
_CURVE = (0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.15, 1.4, 1.7, 2.0)  # sizes of the curve, of the one found

MessageCallback = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SmallestShell:
    """The smallest shell found at an altitude, confirmed over the whole span; without one, why."""

    altitude_km: float
    trial: Trial | None
    why: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Doubled:
    """What twice the satellites do: in how many cells availability falls, and the least and mean change."""

    shape: Shape
    cells_lower: int
    least_change: float
    mean_change: float


@dataclass(frozen=True, eq=False, slots=True)
class SizeResult:
    """What was found: an answer an altitude, the smallest of them run in full, what twice of it does, and the curve.

    Without any answer `best`, `result` and `doubled` are None. trials: how many runs the search took.
    """

    scenario: Scenario
    target: Target
    inclination_deg: tuple[float, ...]
    answers: tuple[SmallestShell, ...]
    best: Trial | None
    result: CoverageResult | None
    doubled: Doubled | None
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
    tell: MessageCallback = lambda _: None,
) -> SizeResult:
    """Return the smallest Walker delta shell of these altitudes and inclinations that meets the target.

    scenario: area, link with one service, span, cells; its satellites do not count. The D2CError of whatever is wrong
    with it, and ScenarioError where a target of the population is asked of an area without any.
    """
    began = time.perf_counter()
    trials = Trials(scenario, target, workers=workers)
    answers, curve = [], []
    for altitude in altitude_km:
        tell(f"searching at {altitude:g} km")
        answer = _Altitude(trials, altitude, tuple(map(float, inclination_deg))).answer()
        answers.append(answer)
        if answer.trial:
            curve += [answer.trial, *_curve(trials, answer.trial)]
    found = [answer.trial for answer in answers if answer.trial]
    best = min(found, key=lambda trial: trial.shape.satellites, default=None)
    result = run_coverage(trials.scenario_of(best.shape, best.altitude_km), workers=workers) if best else None
    return SizeResult(
        scenario=scenario,
        target=target,
        inclination_deg=tuple(float(i) for i in inclination_deg),
        answers=tuple(answers),
        best=best,
        result=result,
        doubled=_doubled(trials, best, result) if best and result else None,
        curve=tuple(sorted(curve, key=lambda trial: (trial.altitude_km, trial.shape.satellites))),
        trials=trials,
        run_time_s=time.perf_counter() - began,
    )


@dataclass(eq=False, slots=True)
class _Altitude:
    """The search at one altitude."""

    trials: Trials
    altitude_km: float
    inclination_deg: tuple[float, ...]
    smallest: Trial | None = None
    met: list[Trial] = field(default_factory=list)
    hopeless: bool = False

    def answer(self) -> SmallestShell:
        """Return the smallest shell that meets the target over the whole span."""
        ladder = _ladder()
        middle = float(np.median(self.inclination_deg))
        for inclination in sorted(self.inclination_deg, key=lambda i: abs(i - middle)):
            self._climb(ladder, inclination)
            if self.hopeless:
                why = "the service is never had there: the link does not close, whatever the number"
                return SmallestShell(self.altitude_km, None, why)
        if self.smallest is None:
            why = f"not met with up to {MOST_SATELLITES:,} satellites"
            return SmallestShell(self.altitude_km, None, why)
        self._descend()
        confirmed = self._confirmed()
        why = "" if confirmed else "met over the short span only, and not by larger ones over the whole one"
        return SmallestShell(self.altitude_km, confirmed, why)

    def _climb(self, ladder: list[int], inclination: float) -> None:
        """Find the smallest rung that meets the target by bisection, if it is below what was found."""
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
        """Yield the rung below what was found, else rungs of twice the size, until the link is known to be hopeless."""
        if self.smallest:
            below = int(np.searchsorted(ladder, self.smallest.shape.satellites)) - 1
            if below >= 0:
                yield below
            return
        size = 8
        while not self.hopeless and size < MOST_SATELLITES:
            yield int(np.searchsorted(ladder, size))
            size *= 2
        if not self.hopeless:
            yield len(ladder) - 1

    def _rung_meets(self, satellites: int, inclination: float) -> bool:
        return self._any_meets(quick_shapes(satellites, inclination), count=_TRIED_PER_SIZE)

    def _any_meets(self, shapes: list[Shape], *, count: int) -> bool:
        for shape in self.trials.most_even(shapes, count=count):
            trial = self.trials.quick(shape, self.altitude_km)
            if trial.meets:
                self.met.append(trial)
                if self.smallest is None or shape.satellites < self.smallest.shape.satellites:
                    self.smallest = trial
                return True
            if trial.never_served and shape.satellites >= _CLOSES_AT:
                self.hopeless = True
        return False

    def _descend(self) -> None:
        """Try ever fewer satellites, one by one, around the inclination of the smallest shell."""
        assert self.smallest is not None
        size = self.smallest.shape.satellites - 1
        while size > 0 and size >= (1 - _GIVE_UP_SHARE) * self.smallest.shape.satellites - _GIVE_UP:
            self._any_meets(self._around(size), count=_TRIED_PER_NUMBER)
            size -= 1

    def _around(self, satellites: int) -> list[Shape]:
        """Return all shapes of a size, at inclinations from one neighbour of the smallest shell's to the other."""
        assert self.smallest is not None
        here = self.smallest.shape.inclination_deg
        asked = sorted(self.inclination_deg)
        step = min((b - a for a, b in pairwise(asked)), default=0.0) / 2
        near = {min(max(here + k * step, asked[0]), asked[-1]) for k in (-2, -1, 0, 1, 2)}
        return [shape for inclination in sorted(near) for shape in all_shapes(satellites, inclination)]

    def _confirmed(self) -> Trial | None:
        """Return the smallest that meets the target over the whole span too, from the smallest found on upwards."""
        assert self.smallest is not None
        size = self.smallest.shape.satellites
        last = size * _LARGEST_OVER_FOUND + _GIVE_UP
        while size <= last:
            found = [trial.shape for trial in self.met if trial.shape.satellites == size]
            more = self.trials.most_even(self._around(size), count=_TRIED_PER_NUMBER)
            for shape in dict.fromkeys((*found, *more)):
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


def _curve(trials: Trials, found: Trial) -> list[Trial]:
    """Return the best of the most even shells of other sizes, at the altitude and inclination found, full runs."""
    inclination, satellites = found.shape.inclination_deg, found.shape.satellites
    sizes = sorted({max(round(share * satellites), 1) for share in _CURVE} - {satellites})
    tried = []
    for size in sizes:
        shapes = trials.most_even(quick_shapes(size, inclination), count=_TRIED_FOR_CURVE)
        runs = [trials.full(shape, found.altitude_km) for shape in shapes]
        tried.append(best_of(runs, trials.target))
    return tried


def _doubled(trials: Trials, best: Trial, result: CoverageResult) -> Doubled:
    """Return what twice the satellites do, cell by cell; they include those of the answer."""
    shape = best.shape.doubled()
    name = f"{trials.service}_availability"
    after = trials.figures(shape, best.altitude_km, full=True)[name]
    change = after - result.figures[name]
    return Doubled(shape, int((change < 0).sum()), float(change.min()), float(change.mean()))
