"""One-at-a-time sensitivity of a scenario's figures to the plausible values of its assumed parameters.

Each run differs from the scenario in one parameter only, so interactions between parameters are not computed. The
figures come from a function of the scenario that the caller gives.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from d2c.coverage.engine.engine import ProgressCallback, offset_progress
from d2c.errors import ScenarioError, did_you_mean
from d2c.scenario.assumptions import BEAM_ASSUMPTIONS, SKYLINE, Assumption, payload_names
from d2c.scenario.load import override_scenario
from d2c.scenario.model import Scenario
from d2c.scenario.operating_point import phone_loss
from d2c.scenario.resolve import resolve

Figures = Mapping[str, float]
FiguresOf = Callable[[Scenario, ProgressCallback | None], Figures]

_STARLINK = tuple(f"starlink-d2c-{gain}dbi" for gain in (29, 32, 35, 38))
_IN_THE_HAND = ("outdoor", "pocket", "indoor")
_MIXES = ("hand", "mix")
_LINK_ASSUMPTIONS = {
    "link.min_elevation_deg": Assumption("the operator publishes no elevation mask", (10.0, 25.0, 40.0)),
}
# Varied only where the scenario itself has one of the first values.
_LIBRARY_ASSUMPTIONS = {
    "link.payload": (
        ("starlink-d2c", *_STARLINK),
        Assumption(
            "the filing has four beams (FCC SAT-MOD-20230207-00021), each of its own part of the array; which of them "
            "fly is not known",
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
    """A scenario with one parameter at another value; overrides: KEY=VALUE, as for `override_scenario`."""

    name: str
    value: str
    overrides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VariationResult:
    """The figures of one variation; NaN for a figure that does not exist."""

    variation: Variation
    figures: Figures


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The figures of the unchanged scenario (`baseline`) and of each variation, in the order requested."""

    baseline: Figures
    outcomes: tuple[VariationResult, ...]

    def names(self) -> tuple[str, ...]:
        """Return the names of the parameters, each once."""
        return tuple(dict.fromkeys(outcome.variation.name for outcome in self.outcomes))

    def of(self, name: str) -> tuple[VariationResult, ...]:
        """Return the outcomes of one parameter."""
        return tuple(outcome for outcome in self.outcomes if outcome.variation.name == name)

    def value_range(self, name: str, figure: str) -> tuple[float, float]:
        """Return the lowest and highest value of a figure, the baseline included, NaN ignored; NaN if all are NaN."""
        values = [self.baseline[figure], *(outcome.figures[figure] for outcome in self.of(name))]
        known = [value for value in values if not math.isnan(value)]
        return (min(known), max(known)) if known else (math.nan, math.nan)

    def swing(self, name: str, figure: str) -> float:
        """Return the range of a figure over the values of a parameter; zero where all are NaN."""
        low, high = self.value_range(name, figure)
        return high - low if high > low else 0.0

    def by_swing(self, figures: Iterable[str]) -> tuple[str, ...]:
        """Return the parameters by their largest swing in any figure, relative to the widest swing of that figure."""
        names = self.names()
        widest = {figure: max(self.swing(name, figure) for name in names) for figure in figures}

        def weight(name: str) -> float:
            return max(
                (self.swing(name, figure) / wide for figure, wide in widest.items() if wide), default=0.0
            )

        return tuple(sorted(names, key=weight, reverse=True))


def assumed_parameters(scenario: Scenario, *, only: Sequence[str] = ()) -> dict[str, Assumption]:
    """Return the assumed parameters of a scenario by key, all or those in `only`; ScenarioError for an unknown name."""
    scenario = resolve(scenario)
    parameters = dict(_LINK_ASSUMPTIONS)
    for key, (values, entry) in _LIBRARY_ASSUMPTIONS.items():
        if value_of(scenario, key) in values and not (key == "link.losses" and scenario.link.phones):
            parameters[key] = entry
    if scenario.link.payload not in payload_names(scenario):  # no satellite has it: every shell names its own
        parameters.pop("link.payload", None)
    if scenario.link.environment:
        parameters["link.skyline_correlation_deg"] = SKYLINE
    if scenario.link.phones in _MIXES:
        parameters["link.phones"] = Assumption("where people have their phone is not known", _MIXES)
    if scenario.link.operating == "measured":
        parameters["link.phone_loss_db"] = Assumption(
            "a calibrated figure of unknown cause, from one campaign", (10.0, 15.0, 20.0)
        )
    if scenario.beams:
        parameters |= {f"beams.{key}": entry for key, entry in BEAM_ASSUMPTIONS.items()}
    return select_parameters(parameters, only, of=scenario.title)


def select_parameters(
    parameters: dict[str, Assumption], only: Sequence[str], *, of: str
) -> dict[str, Assumption]:
    """Return the parameters named in `only`, all if it is empty; ScenarioError for an unknown name."""
    for name in only:
        if name not in parameters:
            raise ScenarioError(f"'{name}' is no assumed parameter of '{of}'{did_you_mean(name, parameters)}")
    return {key: entry for key, entry in parameters.items() if not only or key in only}


def variations(parameters: Mapping[str, Assumption]) -> list[Variation]:
    """Return one variation for each plausible value of each parameter."""
    return [
        Variation(key, value_text(value), (f"{key}={json.dumps(value)}",))
        for key, entry in parameters.items()
        for value in entry.plausible
    ]


def vary(
    scenario: Scenario,
    cases: Sequence[Variation],
    figures_of: FiguresOf,
    *,
    progress: ProgressCallback | None = None,
) -> Sensitivity:
    """Compute the figures of the scenario and of each variation; equal scenarios run once.

    Errors in any of the variations are raised before the first run.
    """
    scenario = resolve(scenario)
    unchanged = override_scenario(scenario, overrides=())
    changed = [override_scenario(scenario, overrides=variation.overrides) for variation in cases]
    distinct = tuple(dict.fromkeys([unchanged, *changed]))
    total = sum(run.time.samples for run in distinct)
    figures: dict[Scenario, Figures] = {}
    done = 0
    for run in distinct:
        figures[run] = figures_of(run, offset_progress(progress, before=done, total=total))
        done += run.time.samples
    outcomes = (
        VariationResult(variation, figures[run]) for variation, run in zip(cases, changed, strict=True)
    )
    return Sensitivity(figures[unchanged], tuple(outcomes))


def value_of(scenario: Scenario, key: str) -> Any:
    """Return the value of `section.key` in a scenario."""
    section, _, name = key.partition(".")
    value = getattr(getattr(scenario, section), name)
    if key == "link.phone_loss_db" and (figure := phone_loss(scenario.link)):
        return figure.value
    return value


def value_text(value: Any) -> str:
    """Return a value as printed; None, a number without a limit, as "all"."""
    if value is None:
        return "all"
    return f"{value:g}" if isinstance(value, float) else str(value)
