"""The specification of a trade-off: options, groups of users with their services, and areas, each to be combined."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from d2c.errors import ScenarioError, did_you_mean
from d2c.library import models as systems
from d2c.library.entry import Figure
from d2c.scenario import model
from d2c.scenario.model import Scenario
from d2c.scenario.resolve_system import resolve_system
from d2c.toml import StrictModel, parse_toml, validated

_FOLDER = "tradeoffs"


class Group(StrictModel):
    """Users of one kind of terminal, and the services that they want."""

    name: str
    handset: str
    losses: str | None = None
    """Their set of losses; unless given `outdoor` for a handset and `terminal` for a terminal."""
    services: Annotated[tuple[str, ...], Field(min_length=1)]


class Option(StrictModel):
    """One constellation to compare, and what it has of its own beside the services and areas that all share."""

    name: str
    constellation: model.ConstellationChoice
    payload: str | None = None
    """Unless given, that of the constellation's system."""
    handset: str | None = None
    """Instead of the group's."""
    losses: str | None = None
    """Instead of the group's."""
    min_elevation_deg: model.Elevation | None = None
    """Instead of the specification's."""
    beams: model.Beams | None = None
    cost_per_satellite_meur: Figure | None = None
    """Million euro for each satellite, with its source or why it is assumed."""

    @model_validator(mode="after")
    def _makes_sense(self) -> "Option":
        if self.payload is None and self.constellation.system is None:
            raise ValueError(f"option '{self.name}' has no system, so it needs a payload")
        cost = self.cost_per_satellite_meur
        if cost and cost.value < 0:
            raise ValueError(f"cost_per_satellite_meur of option '{self.name}' = {cost.value:g} is below 0")
        return self


class Tradeoff(StrictModel):
    """Options x groups x areas."""

    title: str
    note: str = ""
    areas: Annotated[tuple[str, ...], Field(min_length=1)]
    services: tuple[str, ...] = ()
    """The services of handset users, where there are no groups."""
    handset: str = "smartphone"
    """Their handset."""
    group: tuple[Group, ...] = ()
    """Users of several kinds, instead of `services`."""
    option: Annotated[tuple[Option, ...], Field(min_length=1)]
    time: model.Time = model.Time()
    grid: model.GridChoice = model.GridChoice()
    surface: Literal["all", "land", "sea"] = "all"
    min_elevation_deg: model.Elevation = 25.0

    @model_validator(mode="after")
    def _groups_or_services(self) -> "Tradeoff":
        if bool(self.group) == bool(self.services):
            raise ValueError("give either services = [...] or [[group]] sections with their services")
        for what, names in (
            ("option", [o.name for o in self.option]),
            ("group", [g.name for g in self.group]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what} '{twice[0]}' comes twice; each needs a name of its own")
        return self

    @property
    def groups(self) -> tuple[Group, ...]:
        """Return the groups; where the file gives services only, the one that they make."""
        return self.group or (Group(name=self.handset, handset=self.handset, services=self.services),)


class TradeoffCase(StrictModel):
    """One combination: the scenario to run, or why the option does not serve these users."""

    option: Option
    group: Group
    area: str
    scenario: Scenario
    refused: str = ""


def tradeoff_names() -> tuple[str, ...]:
    """Return the names of the built-in specifications."""
    folder = resources.files("d2c.library.data") / _FOLDER
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def read_tradeoff(name_or_path: str) -> Tradeoff:
    """Return a built-in specification or that of a file; ScenarioError where it is wrong.

    Relative paths of elements, systems and areas are looked up beside the file first.
    """
    data = parse_toml(_text(name_or_path), origin=name_or_path)
    tradeoff = validated(Tradeoff, data, origin=name_or_path)
    return _beside(tradeoff, Path(name_or_path).parent)


def _text(name_or_path: str) -> str:
    if name_or_path in tradeoff_names():
        entry = resources.files("d2c.library.data") / _FOLDER / f"{name_or_path}.toml"
        return entry.read_text(encoding="utf-8")
    path = Path(name_or_path)
    if path.suffix != ".toml" and not path.is_file():
        raise ScenarioError(
            f"unknown trade-off '{name_or_path}'{did_you_mean(name_or_path, tradeoff_names())}"
        )
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise ScenarioError(f"{name_or_path}: cannot read the trade-off: {reason}") from error


def cases(tradeoff: Tradeoff) -> Iterator[TradeoffCase]:
    """Yield all combinations, area by area; ScenarioError for a name that does not exist.

    An option that does not serve a group's kind of terminal, whose payload or elements nobody publishes, or whose
    payload has no uplink, is a case with the reason.
    """
    for area in tradeoff.areas:
        for group in tradeoff.groups:
            for option in tradeoff.option:
                yield _case(tradeoff, option, group, area)


def _case(tradeoff: Tradeoff, option: Option, group: Group, area: str) -> TradeoffCase:
    handset = option.handset or group.handset
    kind = systems.handset(handset).kind
    link: dict[str, Any] = {
        "handset": handset,
        "losses": option.losses or group.losses or systems.usual_losses(handset),
        "services": list(group.services),
        "min_elevation_deg": tradeoff.min_elevation_deg
        if option.min_elevation_deg is None
        else option.min_elevation_deg,
    }
    if option.payload:
        systems.payload(option.payload)
        link["payload"] = option.payload
    systems.loss_set(link["losses"])
    data = {
        "title": f"{option.name}, {group.name}, {area}",
        "time": tradeoff.time.model_dump(),
        "grid": tradeoff.grid.model_dump(),
        "constellation": option.constellation.model_dump(exclude_unset=True),
        "region": {"area": area, "surface": tradeoff.surface},
        "link": link,
    }
    if option.beams:
        data["beams"] = option.beams.model_dump()
    scenario = validated(Scenario, data, origin=f"{tradeoff.title}: option '{option.name}'")
    refused = _not_served(option, kind) or _without_uplink(option, group, scenario)
    if not refused:
        try:
            scenario = resolve_system(scenario)
        except ScenarioError as error:  # no public elements, or no published payload
            refused = str(error).partition(";")[0]  # without the way out, which is another command's
    return TradeoffCase(option=option, group=group, area=area, scenario=scenario, refused=refused)


def _not_served(option: Option, kind: str) -> str:
    """Return that an option does not serve a kind of terminal; empty where it does."""
    name = option.constellation.system
    serves = systems.system(name).serves if name else (kind,)
    return "" if kind in serves else f"serves {' and '.join(f'{other}s' for other in serves)}, no {kind}s"


def _without_uplink(option: Option, group: Group, scenario: Scenario) -> str:
    """Return that a payload has no uplink for a service that needs one; empty where it has."""
    needing = [name for name in group.services if systems.service(name).uplink]
    if not (option.payload and needing) or systems.payload(scenario.link.payload).uplink:
        return ""
    return f"payload {option.payload} has no uplink, which {' and '.join(needing)} need"


def _beside(tradeoff: Tradeoff, folder: Path) -> Tradeoff:
    """Return the specification with the paths of files that lie beside it."""

    def found(name: str | None) -> str | None:
        lies_there = name and not Path(name).is_absolute() and (folder / name).is_file()
        return str(folder / name) if lies_there and name else name

    options = []
    for option in tradeoff.option:
        chosen = option.constellation
        files = {key: found(getattr(chosen, key)) for key in ("system", "elements") if getattr(chosen, key)}
        options.append(option.model_copy(update={"constellation": chosen.model_copy(update=files)}))
    areas = tuple(found(area) or area for area in tradeoff.areas)
    return tradeoff.model_copy(update={"option": tuple(options), "areas": areas})
