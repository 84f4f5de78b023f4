"""Summary of a run: summary.json and terminal text, with assumptions, versions and input hashes."""

from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c import __version__
from d2c.coverage.inputs import is_nominal
from d2c.coverage.network.columns import NetworkResult
from d2c.coverage.result import CoverageResult
from d2c.coverage.statistics.waiting import WAITS_S, WEIGHTS
from d2c.orbit.constellation import shells
from d2c.orbit.epoch import element_age_days
from d2c.output.format.percent import percent_text
from d2c.output.reports.phones import ground_text
from d2c.region.grid import Grid
from d2c.results.run_inputs import inputs_report
from d2c.results.schema import SCHEMA_VERSION
from d2c.scenario.assumptions import beam_assumptions, scenario_assumptions
from d2c.scenario.model import Scenario
from d2c.utc import utc_text

_LIBRARIES = ("numpy", "numba", "skyfield", "sgp4", "p676", "h3", "shapely", "geopandas", "pyogrio", "pyproj")
_SERVICE_KEYS = ("availability", "longest_gap_s", "mean_wait_s", "margin_p50_db")
_SHARES = (0.5, 0.9, 0.99, 0.999)
_WAITS_MIN = (5, 15, 60)
_SERVICE_ROW = "  {:16} {:>12} {:>15} {:>12} {:>10} {:>9}"
_PEOPLE_SHARES = (0.9, 0.99)  # of those, the printed ones
_PEOPLE_ROW = "  {:16}" + " {:>12}" * (1 + len(_WAITS_MIN)) + " {:>16}" * len(_PEOPLE_SHARES)
_NOISE_ONLY = (
    "noise only: no interference between beams or satellites, no limit of beams or capacity",
    "every satellite above the mask is taken to serve every cell it sees",
)
_LOADED = (
    "a service counts while its beam is alight: how long it waits for its turn within a second is not counted",
    "single beams beyond the margin around the area: they interfere with the mean of their side lobes",
    "users come and go: in every beam cell the same number uses the network at all times",
)
_LINE_OF_SIGHT = "obstacles: every phone sees every satellite above the mask"


def summary_report(result: CoverageResult) -> dict[str, Any]:
    """Return the content of summary.json; NaN is None."""
    inputs = result.inputs
    return {
        "schema_version": SCHEMA_VERSION,
        "title": result.scenario.title,
        "scenario": result.scenario.model_dump(mode="json"),
        "start_utc": utc_text(inputs.start),
        "end_utc": utc_text(inputs.start + result.span),
        "satellites": _satellites(result),
        "region": _region(result),
        "sky": _sky(result),
        "services": {name: _service(result, name) for name in inputs.services},
        "waiting": _waiting(result),
        **({"network": _network(result, result.network)} if result.network else {}),
        "warnings": list(inputs.warnings),
        "assumptions": assumed_figures(result.scenario),
        "not_modelled": not_modelled(result.scenario),
        "inputs_sha256": inputs.sha256,
        "inputs": inputs_report(inputs.files),
        "versions": versions(),
        "run_time_s": round(result.run_time_s, 3),
    }


def summary_text(result: CoverageResult) -> str:
    """Return the summary as terminal text."""
    report = summary_report(result)
    satellites, region, sky, link = (
        report["satellites"],
        report["region"],
        report["sky"],
        result.scenario.link,
    )
    span = f"{report['start_utc']} to {report['end_utc']}, {result.samples:,} steps"
    used = f"{satellites['used']:,} satellites of {satellites['source']}{_age(satellites)}"
    left_out = f"{satellites['refused']} element sets rejected, {satellites['lost']} satellites decayed"
    visible = f"{percent_text(sky['visible_fraction'], decimals=2)} of area and time"
    visibility = f"a satellite above {link.min_elevation_deg:g} deg: {visible}"
    level = f"{sky['mean_visible']:.2f} on average, C/N {_or_dash(sky['c_n_p50_db'], '.1f')} dB (median)"
    ground = f"{region['cells']:,} cells, {region['area_km2']:,.0f} km2 of {result.scenario.region.area}"
    lines = [
        report["title"],
        f"  {span} of {result.scenario.time.step_s:g} s",
        f"  {used}; {left_out}",
        f"  {ground}, {_people(region)}",
        f"  {visibility}; {level}",
        f"  {ground_text(report['scenario']['link'])}",
        "",
        _SERVICE_ROW.format(
            "service", "availability", "area with 99 %", "longest gap", "mean wait", "margin"
        ),
    ]
    for name, service in report["services"].items():
        row = (
            percent_text(service["availability"], decimals=2),
            percent_text(service["area_share_available"]["0.99"], decimals=2),
            f"{service['longest_gap_s'] / 60:.1f} min",
            f"{service['mean_wait_s']:.1f} s",
            f"{_or_dash(service['margin_p50_db'], '.1f')} dB",
        )
        lines.append(_SERVICE_ROW.format(name, *row))
    if region["population"]:
        lines += ["", *_people_table(report["services"])]
    if "network" in report:
        lines += ["", *_network_lines(report["network"])]
    lines += ["", *(f"  not modelled: {text}" for text in report["not_modelled"])]
    return "\n".join(lines)


def _people(region: dict[str, Any]) -> str:
    """Return the population of a region as text, from its part of summary.json."""
    least = "at least " if region["population_is_lower_bound"] else ""
    return f"{least}{region['population']:,} people"


def _people_table(services: dict[str, Any]) -> list[str]:
    """Return the table of people served by each service: by wait, and by the availability in their cell."""
    waits = ["at once", *(f"in {wait} min" for wait in _WAITS_MIN)]
    shares = [f"in cells of {100 * share:g} %" for share in _PEOPLE_SHARES]
    rows = [
        (
            *service["population_served_within"].values(),
            *(service["population_served_availability"][f"{share:g}"] for share in _PEOPLE_SHARES),
        )
        for service in services.values()
    ]
    return [
        _PEOPLE_ROW.format("people served", *waits, *shares),
        *(
            _PEOPLE_ROW.format(name, *(f"{n:,}" for n in row))
            for name, row in zip(services, rows, strict=True)
        ),
    ]


def _network_lines(network: dict[str, Any]) -> list[str]:
    """Return the network lines of the summary, from its part of summary.json."""
    cells = f"{network['beam_cells']:,} beam cells of {network['beam_cell_radius_km']:,.4g} km radius"
    without = f"{network['unserved_beam_cells_mean']:,.1f} without a satellite"
    alight = f"{network['beams_alight_mean']:,.1f} beams alight over them on average"
    lines = [f"  {cells}, {without}, {alight}"]
    if network["duty_mean"] is not None:
        lines[0] += (
            f"; a cell that asks has a beam {percent_text(network['duty_mean'], decimals=2)} of the time"
        )
    if "c_in_p50_db" not in network:
        return lines
    level_db, bits = (
        [network[f"{name}_p{percent}_{unit}"] for percent in (25, 50, 75)]
        for name, unit in (("c_in", "db"), ("efficiency", "bit_symbol"))
    )
    level = f"C/(I+N) {level_db[1]:.1f} dB (median; quartiles {level_db[0]:.1f} and {level_db[2]:.1f})"
    mean = f"mean {network['efficiency_mean_bit_symbol']:.2f}"
    efficiency = f"{bits[1]:.2f} bit per symbol ({mean}; quartiles {bits[0]:.2f} and {bits[2]:.2f})"
    rate = f"{_or_dash(network['mbps_per_beam_mean'], '.1f')} Mbit/s a beam (mean)"
    camping = f"{percent_text(network['camping'], decimals=1)} of phones and time have a beam to camp on"
    signals = f"RSRP {network['rsrp_p50_dbm']:.1f} dBm and RSRQ {network['rsrq_p50_db']:.1f} dB (medians)"
    return [*lines, f"  {camping}; {signals}", f"  of these {level}, {efficiency}, {rate}"]


def assumed_figures(scenario: Scenario) -> dict[str, str]:
    """Return the figures without a source, with the reason, and the scenario's own choices."""
    link = scenario.link
    chosen = {
        "min_elevation_deg": f"{link.min_elevation_deg:g} deg: the operator publishes no elevation mask",
    }
    return chosen | scenario_assumptions(scenario) | beam_assumptions(scenario.beams)


def not_modelled(scenario: Scenario) -> list[str]:
    """Return the effects that a run of a scenario does not model."""
    in_sight = [] if scenario.link.environment else [_LINE_OF_SIGHT]
    return [*(_LOADED if scenario.beams else _NOISE_ONLY), *in_sight]


@cache
def versions() -> dict[str, str]:
    """Return the versions of d2c and of the libraries that results depend on."""
    return {"d2c": __version__} | {name: version(name) for name in _LIBRARIES}


def _satellites(result: CoverageResult) -> dict[str, Any]:
    constellation = result.inputs.constellation
    figures: dict[str, Any] = {
        "used": len(constellation),
        "source": constellation.source,
        "payloads": result.inputs.links.payloads.counts,
        "nominal": is_nominal(result.scenario, constellation),
        "shells": [str(shell) for shell in shells(constellation)],
        "lost": result.satellites_decayed,
        "duplicates": constellation.duplicates,
        "refused": len(constellation.rejected),
        "refused_sets": [
            {"line": r.line, "name": r.name, "reason": r.reason} for r in constellation.rejected
        ],
    }
    if result.scenario.constellation.elements:
        age_days = element_age_days(constellation, result.inputs.start)
        figures["median_age_days"] = round(float(np.median(age_days)), 3)
        figures["oldest_age_days"] = round(float(age_days.max()), 3)
    return figures


def _region(result: CoverageResult) -> dict[str, Any]:
    grid = result.inputs.grid
    return {
        "cells": len(grid),
        "area_km2": round(float(grid.area_m2.sum()) / 1e6, 3),
        "grid": grid.kind,
        "population": int(result.inputs.population.sum()),
        "population_is_lower_bound": population_is_lower_bound(grid),
    }


def population_is_lower_bound(grid: Grid) -> bool:
    """Return whether a grid has land cells outside Italy, where only the population of larger places is known."""
    return bool(((grid.surface != "sea") & (grid.country != "Italy")).any())


def _sky(result: CoverageResult) -> dict[str, Any]:
    columns = result.columns()
    means = ("visible_fraction", "mean_visible", "c_n_p05_db", "c_n_p50_db", "c_n_p95_db")
    return {name: _area_mean(result, columns[name]) for name in means} | {
        "max_visible": int(columns["max_visible"].max()),
        "max_satellites_in_view_of_region": int(result.timeline.satellites_in_view().max()),
    }


def _service(result: CoverageResult, name: str) -> dict[str, Any]:
    columns = {key: result.columns()[f"{name}_{key}"] for key in _SERVICE_KEYS}
    availability = columns["availability"]
    area, people = result.inputs.grid.area_m2, result.inputs.population
    within = {f"{wait}min": result.columns()[f"{name}_within_{wait}min"] for wait in _WAITS_MIN}
    worst = int(np.argmax(columns["longest_gap_s"]))
    return {
        "availability": _area_mean(result, availability),
        "area_share_available": {
            f"{share:g}": round(float(area[availability >= share].sum() / area.sum()), 6) for share in _SHARES
        },
        "population_served_availability": {
            f"{share:g}": int(people[availability >= share].sum()) for share in _SHARES
        },
        # expected number, for users who start at a random instant
        "population_served_within": {
            wait: round(float(people @ share)) for wait, share in {"0min": availability, **within}.items()
        },
        "longest_gap_s": float(columns["longest_gap_s"][worst]),
        "longest_gap_cell": str(result.inputs.grid.cell_id[worst]),
        "mean_wait_s": _area_mean(result, columns["mean_wait_s"]),
        "margin_p50_db": _area_mean(result, columns["margin_p50_db"]),
    }


def _network(result: CoverageResult, network: NetworkResult) -> dict[str, Any]:
    """Return network figures: levels and efficiency over all camped phones, beam use and shortage."""
    statistics, cells = network.statistics, network.beam_cell_columns()
    inside = ~np.isnan(cells["throughput_mbps"])
    return {
        "beam_cells": len(network.plan),
        "beam_cells_with_ground": int(inside.sum()),
        "beam_cell_radius_km": round(network.plan.lattice.radius_m / 1e3, 3),
        "beams_alight_mean": round(float(statistics.alight_beams.mean()), 3),
        "unserved_beam_cells_mean": round(float(statistics.unserved_cells.mean()), 3),
        "duty_mean": _mean(cells["duty"][inside]),
        "camping": _area_mean(result, result.figures["camping"]),
        "throughput_kbps_km2": _area_mean(result, result.figures["throughput_kbps_km2"]),
        **{
            name: round(value, 4)
            for name, value in network.of_camped_phones(result.inputs.grid.area_m2).items()
        },
    }


def _mean(values: NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return round(float(known.mean()), 4) if known.size else None


def _waiting(result: CoverageResult) -> dict[str, Any]:
    """Return the share of the area, and of its population if any, served within each wait from a random instant."""
    curves: dict[str, Any] = {"minutes": [wait_s / 60 for wait_s in WAITS_S]}
    for weight, whole, shares in zip(
        WEIGHTS, result.waiting.total_weight, result.waiting.shares(), strict=True
    ):
        if whole > 0:
            services = zip(result.inputs.services, np.round(shares, 6).T.tolist(), strict=True)
            curves[weight] = dict(services)
    return curves


def _area_mean(result: CoverageResult, values: NDArray[np.float64]) -> float | None:
    """Return the area-weighted mean over the cells with a value; None if there are none."""
    known = ~np.isnan(values)
    if not known.any():
        return None
    return round(float(np.average(values[known], weights=result.inputs.grid.area_m2[known])), 6)


def _age(satellites: dict[str, Any]) -> str:
    if "median_age_days" not in satellites:
        return ""
    return f", elements {satellites['median_age_days']:.1f} days old"


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
