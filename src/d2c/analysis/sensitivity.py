"""What a scenario answers when one assumed value after another takes its other plausible values.

One at a time: each run differs from the scenario in one parameter only, so what two of them do together stays unseen.
The runs know nothing of what is asked; the figures come from a function of the scenario.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from d2c.coverage.engine.engine import ProgressCallback, offset_progress
from d2c.errors import ScenarioError, did_you_mean
from d2c.scenario.assumptions import BEAM_ASSUMPTIONS, Assumption
from d2c.scenario.load import changed_scenario
from d2c.scenario.model import Scenario

Figures = Mapping[str, float]
FiguresOf = Callable[[Scenario, ProgressCallback | None], Figures]

_STARLINK = tuple(f"starlink-d2c-{gain}dbi" for gain in (29, 32, 35, 38))
_IN_THE_HAND = ("outdoor", "pocket", "indoor")
_OF_ANY_LINK = {
    "link.min_elevation_deg": Assumption("the operator publishes no elevation mask", (10.0, 25.0, 40.0)),
}
# Tried only where the scenario itself has one of the values, or what stands for one.
_OF_A_CHOICE = {
    "link.payload": (
        ("starlink-d2c", *_STARLINK),
        Assumption(
            "the filing has four beams (FCC SAT-MOD-20230207-00021); which of them fly is not known",
            _STARLINK,
        ),
    ),
    "link.losses": (
        _IN_THE_HAND,
        Assumption("where people have their handset is not a property of the network", _IN_THE_HAND),
    ),
}


@dataclass(frozen=True, slots=True)
class Variation:
    """A scenario with one parameter at another value; overrides as after `--set`."""

    name: str
    value: str
    overrides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VariedOutcome:
    """What a variation gave; NaN for a figure that does not exist."""

    variation: Variation
    figures: Figures


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What the scenario gave as it is, and with each variation in the order they were asked for."""

    as_is: Figures
    outcomes: tuple[VariedOutcome, ...]

    def names(self) -> tuple[str, ...]:
        """Return the parameters, each once."""
        return tuple(dict.fromkeys(outcome.variation.name for outcome in self.outcomes))

    def of(self, name: str) -> tuple[VariedOutcome, ...]:
        """Return the outcomes of one parameter."""
        return tuple(outcome for outcome in self.outcomes if outcome.variation.name == name)

    def reach(self, name: str, figure: str) -> tuple[float, float]:
        """Return the lowest and the highest value of a figure, the scenario as it is included, without NaN."""
        found = [self.as_is[figure], *(outcome.figures[figure] for outcome in self.of(name))]
        known = [value for value in found if not math.isnan(value)]
        return (min(known), max(known)) if known else (math.nan, math.nan)

    def swing(self, name: str, figure: str) -> float:
        """Return how far apart a parameter takes a figure; zero where nothing is known of it."""
        low, high = self.reach(name, figure)
        return high - low if high > low else 0.0

    def by_swing(self, figures: Iterable[str]) -> tuple[str, ...]:
        """Return the parameters, first those that take one of the figures as far as any parameter does."""
        names = self.names()
        widest = {figure: max(self.swing(name, figure) for name in names) for figure in figures}

        def weight(name: str) -> float:
            return max(
                (self.swing(name, figure) / wide for figure, wide in widest.items() if wide), default=0.0
            )

        return tuple(sorted(names, key=weight, reverse=True))


def assumed_parameters(scenario: Scenario, *, only: Sequence[str] = ()) -> dict[str, Assumption]:
    """Return the assumed parameters that a scenario has, by key; ScenarioError for a name that is none of them."""
    found = dict(_OF_ANY_LINK)
    for key, (has_one_of, entry) in _OF_A_CHOICE.items():
        if value_of(scenario, key) in has_one_of:
            found[key] = entry
    if scenario.beams:
        found |= {f"beams.{key}": entry for key, entry in BEAM_ASSUMPTIONS.items()}
    return only_named(found, only, of=scenario.title)


def only_named(found: dict[str, Assumption], only: Sequence[str], *, of: str) -> dict[str, Assumption]:
    """Return the parameters named by `only`, all without it; ScenarioError for a name that is none of them."""
    for name in only:
        if name not in found:
            raise ScenarioError(f"'{name}' is no assumed parameter of '{of}'{did_you_mean(name, found)}")
    return {key: entry for key, entry in found.items() if not only or key in only}


def variations(parameters: Mapping[str, Assumption]) -> list[Variation]:
    """Return one variation for each plausible value of each parameter."""
    return [
        Variation(key, value_text(value), (f"{key}={json.dumps(value)}",))
        for key, entry in parameters.items()
        for value in entry.plausible
    ]


def vary(
    scenario: Scenario,
    asked: Sequence[Variation],
    figures_of: FiguresOf,
    *,
    show: ProgressCallback | None = None,
) -> Sensitivity:
    """Return what the scenario gives as it is and with each variation; equal scenarios run once.

    Whatever is wrong with one of the variations is raised before the first run.
    """
    as_is = changed_scenario(scenario, overrides=())
    changed = [changed_scenario(scenario, overrides=variation.overrides) for variation in asked]
    todo = tuple(dict.fromkeys([as_is, *changed]))
    total = sum(one.time.samples for one in todo)
    found: dict[Scenario, Figures] = {}
    done = 0
    for one in todo:
        found[one] = figures_of(one, offset_progress(show, before=done, total=total))
        done += one.time.samples
    outcomes = (VariedOutcome(variation, found[one]) for variation, one in zip(asked, changed, strict=True))
    return Sensitivity(found[as_is], tuple(outcomes))


def value_of(scenario: Scenario, key: str) -> Any:
    """Return what a scenario has for `section.key`."""
    section, _, name = key.partition(".")
    return getattr(getattr(scenario, section), name)


def value_text(value: Any) -> str:
    """Return a value as people read it; a number that is left open stands for all there are."""
    if value is None:
        return "all"
    return f"{value:g}" if isinstance(value, float) else str(value)
