"""Explanation of one cell of a result: statistics, satellites in view, serving beam, budget and cross-checks."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from d2c.analysis.cross_check import Check, kernel_checks, stored_checks
from d2c.analysis.explain import CellInstant, CellSpan, explain_instant, explain_span, lowest_margin_sample
from d2c.analysis.explain_network.cell import NetworkCell, network_cell
from d2c.analysis.explain_network.check import network_checks
from d2c.analysis.explain_network.instant import (
    NetworkInstant,
    explain_network_instant,
    lowest_network_margin_sample,
)
from d2c.analysis.explain_network.span import NetworkSpan, explain_network_span
from d2c.coverage.inputs import Inputs
from d2c.coverage.windows import sample_index
from d2c.link.beamwidth import footprint
from d2c.link.geometry import LookAngles
from d2c.link.satellite_geometry import satellite_geometry
from d2c.output.reports.link import FULL_LOAD, beam_source, link_report
from d2c.output.reports.network_explanation import network_report
from d2c.output.reports.phone_explanation import phone_report
from d2c.results.stored import ResultTables
from d2c.scenario.assumptions import system_assumptions
from d2c.scenario.model import Scenario
from d2c.utc import utc_text


def explanation_report(
    stored: ResultTables, inputs: Inputs, cell: int, *, instant_utc: np.datetime64 | None = None
) -> dict[str, Any]:
    """Return the explanation of a cell (index into the grid); numbers are unrounded, missing values None.

    The instant is the sample whose step contains `instant_utc`, by default that of the lowest margin of the first
    service. ScenarioError for an instant outside the span.
    """
    scenario, services = stored.scenario, list(inputs.services)
    row = _row(stored, cell)
    sample = None if instant_utc is None else sample_index(instant_utc, scenario, start=inputs.start)
    span = explain_span(scenario, inputs, cell)
    network = _Network.of(network_cell(scenario, inputs, cell), inputs) if scenario.beams else None
    sample, chosen = _choose_sample(sample, span, network.span if network else None, services[0])
    now = explain_instant(scenario, inputs, cell, sample=sample, span=span)
    checks = {
        "kernel": kernel_checks(span, now, services, sample=sample),
        "stored": stored_checks(row, span, scenario, services),
    }
    if network:
        at_instant = explain_network_instant(network.cell, inputs, sample=sample, span=network.span)
        of_network = network_report(network.cell, at_instant, inputs)
        checks["network"] = network_checks(row, network.span, network.cell)
        server, margins = _server_of_network(at_instant), of_network["margin_db"]
    else:
        of_network = None
        server = _Server(int(now.satellite[0]), _only(now.look, 0)) if len(now.satellite) else None
        margins = {name: now.margin_db[v, 0] if server else None for v, name in enumerate(services)}
    return {
        "folder": stored.label,
        "title": scenario.title,
        "satellites": {
            "used": len(inputs.constellation),
            "source": inputs.constellation.source,
            "payloads": inputs.links.payloads.counts,
            "assumptions": system_assumptions(scenario),
        },
        "cell": {key: row[key] for key in ("cell_id", "latitude_deg", "longitude_deg", "country", "region")},
        "time": {
            "utc": utc_text(now.utc),
            "sample": sample,
            "asked_utc": None if instant_utc is None else utc_text(instant_utc),
            "chosen": chosen,
        },
        "statistics": row,
        "phones": phone_report(
            scenario, inputs, network.span.phones if network else span.phones, sample=sample
        ),
        "network": of_network,
        "in_view": list(_in_view(now, inputs, server)),
        "below_mask": now.below_mask,
        "min_elevation_deg": scenario.link.min_elevation_deg,
        "server": None if server is None else inputs.constellation.name[server.satellite],
        "served": {name: margin is not None and bool(margin >= 0) for name, margin in margins.items()},
        "budget": None if server is None else _budget(scenario, inputs, cell, now.utc, server),
        "agreement": {
            "agrees": all(check.agrees for group in checks.values() for check in group),
            "samples_near_the_mask": int(span.near_mask.sum()),
            **{group: [_check_figures(check) for check in results] for group, results in checks.items()},
        },
    }


class _Network(NamedTuple):
    cell: NetworkCell
    span: NetworkSpan

    @classmethod
    def of(cls, cell: NetworkCell, inputs: Inputs) -> "_Network":
        return cls(cell, explain_network_span(cell, inputs))


class _Server(NamedTuple):
    """The serving satellite, as an index, and its geometry, of shape ()."""

    satellite: int
    look: LookAngles


def _server_of_network(now: NetworkInstant) -> _Server | None:
    if now.server is None:
        return None
    pair = int(now.beams.pair[now.server.index])
    return _Server(int(now.beams.satellite[pair]), _only(now.levels.look, pair))


def _only(look: LookAngles, n: int) -> LookAngles:
    return LookAngles(look.slant_range_m[n], look.elevation_deg[n], look.off_nadir_deg[n])


def _row(stored: ResultTables, cell: int) -> dict[str, Any]:
    """Return the cell's stored columns as Python values, NaN as None."""
    row = stored.cells.drop(columns="geometry").iloc[cell].to_dict()
    plain = {key: value.item() if isinstance(value, np.generic) else value for key, value in row.items()}
    return {key: None if value != value else value for key, value in plain.items()}  # true for NaN only


def _choose_sample(
    sample: int | None, span: CellSpan, network: NetworkSpan | None, first_service: str
) -> tuple[int, str]:
    """Return the sample to explain and the reason for the choice."""
    if sample is not None:
        return sample, "asked for"
    lowest = lowest_margin_sample(span)
    if lowest is None:
        return len(span.visible) // 2, "middle of the span: no satellite is ever in view"
    if network is None:
        return lowest, f"lowest margin of {first_service} with a satellite in view"
    lowest = lowest_network_margin_sample(network)
    if lowest is None:
        return len(span.visible) // 2, "middle of the span: there is never a beam to camp on"
    return lowest, f"lowest margin of {first_service} with a beam to camp on"


def _in_view(now: CellInstant, inputs: Inputs, server: _Server | None) -> Iterator[dict[str, Any]]:
    for n, satellite in enumerate(now.satellite.tolist()):
        yield {
            "name": inputs.constellation.name[satellite],
            "norad_id": int(inputs.constellation.norad_id[satellite]),
            "payload": inputs.links.payload_of(satellite),
            "elevation_deg": float(now.look.elevation_deg[n]),
            "slant_range_m": float(now.look.slant_range_m[n]),
            "off_nadir_deg": float(now.look.off_nadir_deg[n]),
            "c_n_db": float(now.c_n_db[n]),
            "uplink_c_n_db": None if np.isnan(now.uplink_c_n_db[n]) else float(now.uplink_c_n_db[n]),
            "margin_db": {name: float(now.margin_db[v, n]) for v, name in enumerate(inputs.services)},
            "serves": server is not None and satellite == server.satellite,
        }


def _budget(
    scenario: Scenario, inputs: Inputs, cell: int, utc: np.datetime64, server: _Server
) -> dict[str, Any]:
    """Return the link report of the server at the position used by the run; Doppler from the SGP4 state vector."""
    place: dict[str, Any] = {
        "utc": utc,
        "latitude_deg": float(inputs.grid.latitude_deg[cell]),
        "longitude_deg": float(inputs.grid.longitude_deg[cell]),
    }
    geometry = satellite_geometry(inputs.constellation, server.satellite, **place)
    link = inputs.links.of(server.satellite)
    beam = footprint(link.payload)
    radius_m = beam.radius_m(altitude_m=float(geometry.altitude_m)) if beam else np.nan
    geometry = satellite_geometry(inputs.constellation, server.satellite, **place, beam_radius_m=radius_m)
    report = link_report(
        link,
        replace(geometry, look=server.look),
        inputs.services,
        environment=scenario.link.environment,
        load=scenario.beams.load if scenario.beams else FULL_LOAD,
    )
    return report | beam_source(beam)


def _check_figures(check: Check) -> dict[str, Any]:
    def number(value: float) -> float | None:
        return None if np.isnan(value) else value

    return {
        "name": check.name,
        "found": number(check.found),
        "exact": number(check.exact),
        "difference": number(check.difference),
        "allowed": check.allowed,
        "agrees": check.agrees,
    }
