"""Inputs of a run, read and checked: satellites, start time, cells, radio links, services and limits."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c import geodesy
from d2c.coverage.beam_plan import BeamPlan, plan_beams
from d2c.coverage.ground import read_ground
from d2c.coverage.ground_end import read_phone_nodes
from d2c.coverage.input_files import InputFile, hashes, input_files
from d2c.coverage.payloads import payloads_of_elements, payloads_of_shells, read_links
from d2c.errors import ScenarioError
from d2c.library import models
from d2c.library.constellation import ElementSelection, ShellChoice
from d2c.link.budget import RadioLink
from d2c.link.phones import Phones
from d2c.link.satellite_links import FlownPayloads, SatelliteLinks
from d2c.link.service import service_by_rule
from d2c.orbit.catalogue import find_elements, read_elements
from d2c.orbit.constellation import Constellation, left_out
from d2c.orbit.epoch import check_age, start_utc
from d2c.orbit.gateways import Gateways
from d2c.orbit.geostationary import geostationary_constellation
from d2c.orbit.heyoka_engine import require_heyoka
from d2c.orbit.positions import PositionStream
from d2c.orbit.removal import remove_satellites
from d2c.orbit.selection import select
from d2c.orbit.walker import parse_walker, walker_constellation
from d2c.propagation.ionosphere import scintillation_loss_db
from d2c.region.grid import Grid
from d2c.scenario import model
from d2c.scenario.assumptions import system_assumptions
from d2c.text_files import read_once

_ORBIT_DRIFT_M = 50_000.0  # the Earth's bulge and a span's drag move an altitude by less
# Walker shells have no history: their elements hold at the start, whatever that is.
_WALKER_EPOCH = np.datetime64("2026-01-01T00:00:00", "us")


@dataclass(frozen=True, eq=False, slots=True)
class Satellites:
    """The satellites of a scenario and the instant it starts, with what to warn of."""

    constellation: Constellation
    payloads: FlownPayloads
    start: np.datetime64
    warnings: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Inputs:
    """Inputs of a run beside the scenario; population (G,): people in the part of each cell inside the area."""

    constellation: Constellation
    start: np.datetime64
    grid: Grid
    population: NDArray[np.int64]
    beams: BeamPlan | None
    links: SatelliteLinks
    phones: Phones
    services: dict[str, models.Service]
    limits: dict[str, models.Limit]
    files: tuple[InputFile, ...]
    sha256: dict[str, str]
    warnings: tuple[str, ...]

    @property
    def highest_m(self) -> float:
        """Return a height above the Earth that no satellite exceeds during a span."""
        return float(self.constellation.apogee_km.max()) * 1e3 + _ORBIT_DRIFT_M

    @property
    def link(self) -> RadioLink:
        """Return the link of the first payload, the only one in a run with beams."""
        return self.links.first


@read_once()
def read_inputs(scenario: model.Scenario) -> Inputs:
    """Return the inputs of a scenario; the D2CError of whatever is wrong, before anything is computed."""
    limits = {
        name: models.read_limit(file) for name, file in _by_stem("limits", scenario.link.limits).items()
    }
    satellites = read_satellites(scenario)
    links = read_links(scenario, satellites.payloads)
    services = read_services(scenario.link, links.by_name)
    ground = read_ground(scenario)
    area, grid = ground.area, ground.grid
    for link in links.links:
        _check_scintillation(link, grid)
    files = input_files(scenario)
    return Inputs(
        constellation=satellites.constellation,
        start=satellites.start,
        grid=grid,
        population=ground.population,
        beams=plan_of(scenario, grid, links.first, satellites.constellation),
        links=links,
        phones=read_phone_nodes(scenario.link, links),
        services=services,
        limits=limits,
        files=files,
        sha256=hashes(files),
        warnings=(*satellites.warnings, *([f"assumed of the area: {area.assumed}"] if area.assumed else [])),
    )


def plan_of(
    scenario: model.Scenario, grid: Grid, link: RadioLink, constellation: Constellation
) -> BeamPlan | None:
    """Return the beam cells of a scenario's network; None for a scenario without beams."""
    if scenario.beams is None:
        return None
    return plan_beams(scenario, scenario.beams, ground=grid, link=link, constellation=constellation)


def read_services(chosen: model.Link, links: Mapping[str, RadioLink]) -> dict[str, models.Service]:
    """Return the services by name, each with the downlink requirement of the scenario's rule (links by payload).

    ScenarioError if one has no requirement by the rule, or needs an uplink that a payload lacks.
    """
    services = {
        name: models.read_service(file) for name, file in _by_stem("services", chosen.services).items()
    }
    return services_by_rule(services, chosen.service_rule, links)


def services_by_rule(
    services: Mapping[str, models.Service], rule: models.ServiceRule, links: Mapping[str, RadioLink]
) -> dict[str, models.Service]:
    """Return services with the downlink requirement of a rule; errors as for `read_services`."""
    services = {name: service_by_rule(service, rule, name=name) for name, service in services.items()}
    for name, service in services.items():
        for payload, link in links.items():
            if service.uplink and not link.payload.uplink:
                raise ScenarioError(
                    f"[link] service '{name}' needs an uplink, and payload '{payload}' has none; "
                    "choose a downlink-only service or another payload"
                )
    return services


def _by_stem(key: str, names: tuple[str, ...]) -> dict[str, str]:
    """Return names and files by the name that columns have; ScenarioError for two of one name."""
    by_stem: dict[str, str] = {}
    for name in names:
        other = by_stem.setdefault(Path(name).stem, name)
        if other != name:
            raise ScenarioError(
                f"[link] {key}: '{other}' and '{name}' would both be '{Path(name).stem}' in the result; rename a file"
            )
    return by_stem


def _check_scintillation(link: RadioLink, grid: Grid) -> None:
    """Refuse cells where TR 38.811 has a scintillation loss: the map's link has one for all cells, and it is zero."""
    if "ionospheric-scintillation" not in link.losses.models:
        return
    frequency_hz = link.payload.downlink.frequency_mhz.value * 1e6
    loss = scintillation_loss_db(frequency_hz=frequency_hz, latitude_deg=grid.latitude_deg)
    if np.any(loss > 0):
        raise ScenarioError(
            f"losses '{link.losses.title}': cells reach {np.abs(grid.latitude_deg).min():.1f} deg of latitude, where "
            "ionospheric scintillation is not zero (TR 38.811 6.6.6.1: from 20 deg up it is); use a loss set of your "
            "own without that model, or with a fixed figure for it"
        )


def read_satellites(scenario: model.Scenario) -> Satellites:
    """Return the satellites of a scenario.

    CatalogueError where their elements are too old for its start, ScenarioError where their engine is missing.
    """
    engine = scenario.constellation.engine
    if engine == "heyoka":
        require_heyoka()
    constellation, payloads, start = _chosen(scenario)
    if scenario.constellation.system:
        source = f"{Path(scenario.constellation.system).stem} ({constellation.source})"
        constellation = replace(constellation, source=source)
    if scenario.constellation.lose:
        constellation, remaining = remove_satellites(
            constellation, scenario.constellation.lose, seed=scenario.constellation.seed
        )
        payloads = payloads.take(remaining)
    source = constellation.source + _while_connected(scenario.constellation)
    constellation = replace(constellation, source=source, engine=engine)
    warnings = []
    if scenario.constellation.elements:
        aged = check_age(constellation, start, max_age_days=scenario.constellation.max_age_days)
        warnings += [aged] if aged else []
        warnings += _all_taken(scenario.constellation, constellation)
    assumed = system_assumptions(scenario)
    assumed_keys = sorted({where.partition(": ")[2].rpartition(".")[2] for where in assumed})
    if assumed_keys:
        warnings.append(f"assumed of the satellites, as nobody publishes it: {', '.join(assumed_keys)}")
    warnings += [text] if (text := left_out(constellation)) else []
    return Satellites(constellation, payloads, start, tuple(warnings))


def _while_connected(chosen: model.ConstellationChoice) -> str:
    """Return when the satellites serve, for those that need a gateway; empty for the others."""
    names = [gateway.name for gateway in chosen.gateways]
    if not names:
        return ""
    stations = names[0] if len(names) == 1 else f"one of {len(names)} gateways"
    return f", each only while it sees {stations} above {chosen.gateway_elevation_deg:g} deg"


def _all_taken(chosen: model.ConstellationChoice, constellation: Constellation) -> list[str]:
    """Warn that a whole file is taken for a system whose satellites have no known names."""
    if (
        chosen.system is None
        or chosen.select != ElementSelection()
        or models.read_system(chosen.system).elements
    ):
        return []
    unnamed = f"system '{chosen.system}' does not say which satellites are its own"
    taken = f"all {len(constellation):,} of {chosen.elements} are taken to be"
    return [f"{unnamed}: {taken}; choose some with constellation.select.name=REGEX"]


def is_nominal(scenario: model.Scenario, constellation: Constellation) -> bool:
    """Return whether the satellites are made up: good for how often and how long, not for when and which."""
    made = not scenario.constellation.elements
    return made or all(name.endswith(" NOMINAL") for name in constellation.name)


def elements_file(scenario: model.Scenario) -> Path | None:
    """Return the file of the scenario's elements; None for Walker shells."""
    return find_elements(scenario.constellation.elements) if scenario.constellation.elements else None


def _chosen(scenario: model.Scenario) -> tuple[Constellation, FlownPayloads, np.datetime64]:
    """Return the chosen satellites, their payloads and the instant of the first sample."""
    chosen, default = scenario.constellation, scenario.link.payload
    file = elements_file(scenario)
    if file:
        satellites = select(
            read_elements(file),
            name=chosen.select.name,
            norad_id=chosen.select.norad_id,
            inclination_deg=chosen.select.inclination_deg,
            altitude_km=chosen.select.altitude_km,
            only_d2c=chosen.select.only_d2c,
        )
        payloads = payloads_of_elements(chosen.payloads, satellites, default=default)
        return satellites, payloads, start_utc(scenario.time.start, satellites)
    if chosen.geo_longitudes_deg:
        return _geostationary(scenario)
    choices = chosen.shells or (_single_shell(chosen),)
    shells = [
        parse_walker(shell.walker, altitude_km=shell.altitude_km, pattern=shell.pattern) for shell in choices
    ]
    payloads = payloads_of_shells(
        [shell.payload for shell in choices], [shell.satellites for shell in shells], default=default
    )
    anyhow = walker_constellation(shells, epoch=_WALKER_EPOCH)
    start = start_utc(scenario.time.start, anyhow)
    return walker_constellation(shells, epoch=start), payloads, start


def _geostationary(scenario: model.Scenario) -> tuple[Constellation, FlownPayloads, np.datetime64]:
    longitudes_deg, default = scenario.constellation.geo_longitudes_deg, scenario.link.payload
    payloads = payloads_of_shells([None], [len(longitudes_deg)], default=default)
    anyhow = geostationary_constellation(longitudes_deg, epoch=_WALKER_EPOCH)
    start = start_utc(scenario.time.start, anyhow)
    return geostationary_constellation(longitudes_deg, epoch=start), payloads, start


def _single_shell(chosen: model.ConstellationChoice) -> ShellChoice:
    assert chosen.walker is not None
    assert chosen.altitude_km is not None
    return ShellChoice(walker=chosen.walker, altitude_km=chosen.altitude_km, pattern=chosen.pattern)


def position_stream(scenario: model.Scenario, inputs: Inputs) -> PositionStream:
    """Return the satellites' positions at the steps of a scenario."""
    gateways = _gateways(scenario.constellation)
    return PositionStream(inputs.constellation, inputs.start, scenario.time.step_us, gateways)


def _gateways(chosen: model.ConstellationChoice) -> Gateways | None:
    """Return the gateways of a constellation; None where its satellites are taken to be linked to each other."""
    if not chosen.gateways:
        return None
    place: dict[str, Any] = {
        "latitude_deg": np.array([gateway.latitude_deg for gateway in chosen.gateways]),
        "longitude_deg": np.array([gateway.longitude_deg for gateway in chosen.gateways]),
    }
    position_m = geodesy.position_m(**place, height_m=np.zeros(len(chosen.gateways)))
    return Gateways(position_m, geodesy.up(**place), float(np.sin(np.radians(chosen.gateway_elevation_deg))))
