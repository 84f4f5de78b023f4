"""Trade-off specification: constellation options, user groups with services, and areas, combined into scenarios."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from d2c.errors import ScenarioError
from d2c.library import models
from d2c.library.entry import Figure, Title
from d2c.scenario import model
from d2c.scenario.model import Scenario
from d2c.scenario.named_files import AREAS, beside, rename_files
from d2c.scenario.resolve import resolve
from d2c.shipped import read_toml_text, toml_names
from d2c.toml import StrictModel, parse_toml, validate_model

_FOLDER = "tradeoffs"
_LINK_KEYS = ("payload", "handset", "losses", "phones", "services")


class Group(StrictModel):
    """Group of users with one kind of terminal, and their services."""

    name: str
    handset: str
    losses: str | None = None
    """Loss set; by default `outdoor` for a handset and `terminal` for a terminal."""
    phones: str | None = None
    """Mix of postures, as in `[link]`."""
    environment: model.Environment | None = None
    """Environment, as in `[link]`."""
    services: Annotated[tuple[str, ...], Field(min_length=1)]


class Surroundings(StrictModel):
    """What differs in one area, for the groups that name phones or an environment."""

    phones: str | None = None
    environment: model.Environment | None = None


class Option(StrictModel):
    """One constellation to compare, with its own settings; services and areas are common to all options."""

    name: str
    constellation: model.ConstellationChoice
    payload: str | None = None
    """Payload; by default that of the constellation's system. Not of satellites whose shell or entry names another."""
    handset: str | None = None
    """Handset, instead of that of the group."""
    losses: str | None = None
    """Loss set, instead of that of the group."""
    min_elevation_deg: model.Elevation | None = None
    """Elevation mask, instead of that of the specification."""
    beams: model.Beams | None = None
    cost_per_satellite_meur: Figure | None = None
    """Cost of a satellite in million euro, with its source or the reason why it is assumed."""

    @model_validator(mode="after")
    def _is_valid(self) -> "Option":
        shells = self.constellation.shells
        named_by_shells = bool(shells) and all(shell.payload for shell in shells)
        if self.payload is None and self.constellation.system is None and not named_by_shells:
            raise ValueError(f"option '{self.name}' names no system, so it needs a payload")
        cost = self.cost_per_satellite_meur
        if cost and cost.value < 0:
            raise ValueError(f"cost_per_satellite_meur of option '{self.name}' = {cost.value:g} is below 0")
        return self


class Tradeoff(StrictModel):
    """Trade-off of options x groups x areas."""

    title: Title
    note: str = ""
    network: bool | Literal["auto"] = "auto"
    """Whether phones are served by the network of beams, as in a scenario."""
    areas: Annotated[tuple[str, ...], Field(min_length=1)]
    in_area: dict[str, Surroundings] = Field(default={})
    """By area: phones and environment there, instead of those of the groups that name them."""
    services: tuple[str, ...] = ()
    """Services of the users, if there are no groups."""
    handset: str = model.Link().handset
    """Handset of these users."""
    phones: str | None = None
    """Mix of postures of these users, as in `[link]`."""
    environment: model.Environment | None = None
    """Environment of these users, as in `[link]`."""
    group: tuple[Group, ...] = ()
    """Groups of users, instead of `services`."""
    option: Annotated[tuple[Option, ...], Field(min_length=1)]
    time: model.Time = model.Time()
    grid: model.GridChoice = model.GridChoice()
    surface: Literal["all", "land", "sea"] = "all"
    min_elevation_deg: model.Elevation = 25.0
    service_rule: models.ServiceRule = "bits"
    """Rule of the required downlink C/N, as in `[link]`."""

    @model_validator(mode="after")
    def _groups_or_services(self) -> "Tradeoff":
        if bool(self.group) == bool(self.services):
            raise ValueError("give either services = [...] or [[group]] sections with their services")
        for kind, names in (
            ("option", [o.name for o in self.option]),
            ("group", [g.name for g in self.group]),
        ):
            duplicates = sorted({name for name in names if names.count(name) > 1})
            if duplicates:
                raise ValueError(f"{kind} '{duplicates[0]}' occurs twice; names must be unique")
        if self.group and (self.phones or self.environment):
            raise ValueError(
                "phones and environment are those of the users without groups; give them in [[group]]"
            )
        for area in self.in_area:
            if area not in self.areas:
                raise ValueError(f"in_area.{area}: no such area; areas are {', '.join(self.areas)}")
        return self

    @property
    def groups(self) -> tuple[Group, ...]:
        """Return the groups; if the file gives services only, one group with these services."""
        return self.group or (self._users(),)

    def _users(self) -> Group:
        return Group(
            name=self.handset,
            handset=self.handset,
            phones=self.phones,
            environment=self.environment,
            services=self.services,
        )


class TradeoffCase(StrictModel):
    """One combination: the scenario to run, or the reason why the option does not serve these users."""

    option: Option
    group: Group
    area: str
    scenario: Scenario
    refused: str = ""


def tradeoff_names() -> tuple[str, ...]:
    """Return the names of the built-in specifications."""
    return toml_names(_FOLDER)


def read_tradeoff(name_or_path: str) -> Tradeoff:
    """Read a built-in specification or a TOML file; ScenarioError if it is invalid.

    Files that it names are relative to its folder.
    """
    text = read_toml_text(name_or_path, folder=_FOLDER, kind="trade-off", names=tradeoff_names())
    data = parse_toml(text, origin=name_or_path)
    _resolve_paths(data, Path(name_or_path).parent)
    return validate_model(Tradeoff, data, origin=name_or_path)


def tradeoff_cases(tradeoff: Tradeoff) -> Iterator[TradeoffCase]:
    """Yield all combinations, area by area; ScenarioError for an unknown name.

    Scenarios are as a run resolves them: network, operating point and payload. If the option does not serve the group's
    kind of terminal, has no public payload or elements, has no uplink for a service that needs one, or no network of
    beams for these users where one is asked, the case has the reason in `refused`.
    """
    for area in tradeoff.areas:
        for group in tradeoff.groups:
            for option in tradeoff.option:
                yield _case(tradeoff, option, group, area)


def _case(tradeoff: Tradeoff, option: Option, group: Group, area: str) -> TradeoffCase:
    handset = option.handset or group.handset
    kind = models.read_handset(handset).kind
    link: dict[str, Any] = {
        "handset": handset,
        "losses": option.losses or group.losses or models.default_loss_set(handset),
        "services": list(group.services),
        "service_rule": tradeoff.service_rule,
        "min_elevation_deg": tradeoff.min_elevation_deg
        if option.min_elevation_deg is None
        else option.min_elevation_deg,
    }
    there = tradeoff.in_area.get(area, Surroundings())
    for key in ("phones", "environment"):
        if of_group := getattr(group, key):
            link[key] = getattr(there, key) or of_group
    if option.payload:
        models.read_payload(option.payload)
        link["payload"] = option.payload
    models.read_loss_set(link["losses"])
    data: dict[str, Any] = {
        "title": f"{option.name}, {group.name}, {area}",
        "time": tradeoff.time.model_dump(),
        "grid": tradeoff.grid.model_dump(),
        "constellation": option.constellation.model_dump(exclude_unset=True),
        "region": {"area": area, "surface": tradeoff.surface},
        "link": link,
        "network": tradeoff.network,
    }
    if option.beams:
        data["beams"] = option.beams.model_dump()
    scenario = validate_model(Scenario, data, origin=f"{tradeoff.title}: option '{option.name}'")
    refused = _terminal_mismatch(option, kind) or _missing_uplink(option, group, scenario)
    if not refused:
        try:
            scenario = resolve(scenario)
        except ScenarioError as error:
            # no public elements, no published payload, or no network for these users;
            # without the remedy, which names an option of another command
            refused = str(error).partition(";")[0]
    return TradeoffCase(option=option, group=group, area=area, scenario=scenario, refused=refused)


def _terminal_mismatch(option: Option, kind: str) -> str:
    """Return the message that an option does not serve a kind of terminal; empty if it does."""
    name = option.constellation.system
    serves = models.read_system(name).serves if name else (kind,)
    return "" if kind in serves else f"serves {' and '.join(f'{other}s' for other in serves)}, no {kind}s"


def _missing_uplink(option: Option, group: Group, scenario: Scenario) -> str:
    """Return the message that a payload has no uplink for services that need one; empty if it has."""
    uplink_services = [name for name in group.services if models.read_service(name).uplink]
    named = [shell.payload for shell in scenario.constellation.shells]
    named += [option.payload, *(entry.payload for entry in scenario.constellation.payloads)]
    for payload in filter(None, named):
        if uplink_services and not models.read_payload(payload).uplink:
            return f"payload {payload} has no uplink, which {' and '.join(uplink_services)} need"
    return ""


def _resolve_paths(data: dict[str, Any], folder: Path) -> None:
    """Resolve the files that the tables of a specification name, in place; the tables need not be valid."""

    def rename(kind: str, name: str) -> str:
        return beside(kind, name, folder)

    in_area = data.get("in_area")
    places = [t for t in in_area.values() if isinstance(t, dict)] if isinstance(in_area, dict) else []
    users, options = ([t for t in data.get(key, ()) if isinstance(t, dict)] for key in ("group", "option"))
    for table in (data, *users, *options, *places):
        link = {key: table[key] for key in _LINK_KEYS if key in table}
        scenario = {"link": link, "constellation": table.get("constellation"), "beams": table.get("beams")}
        rename_files(scenario, rename)
        table.update(link)
    if isinstance(data.get("areas"), list):
        data["areas"] = [rename(AREAS, area) if isinstance(area, str) else area for area in data["areas"]]
    if isinstance(in_area, dict):
        data["in_area"] = {rename(AREAS, area): there for area, there in in_area.items()}
