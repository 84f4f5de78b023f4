"""Summary of a run: the content of summary.json, with assumptions, versions and input hashes."""

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
from d2c.output.reports.headline import asked_text, headline
from d2c.region.grid import Grid
from d2c.results.run_inputs import inputs_report
from d2c.results.schema import SCHEMA_VERSION
from d2c.scenario.assumptions import beam_assumptions, scenario_assumptions
from d2c.scenario.model import Scenario
from d2c.scenario.network import network_obstacle
from d2c.utc import utc_text

_LIBRARIES = ("numpy", "numba", "skyfield", "sgp4", "p676", "h3", "shapely", "geopandas", "pyogrio", "pyproj")
_SERVICE_KEYS = ("availability", "longest_gap_s", "mean_wait_s", "margin_p50_db")
_SHARES = (0.5, 0.9, 0.99, 0.999)
WAITS_MIN = (5, 15, 60)
_NOISE_ONLY = (
    "noise only: no interference between beams or satellites, no limit of beams or capacity",
    "every satellite above the mask is taken to serve every cell it sees",
)
_LOADED = (
    "a service counts while its beam is alight: how long it waits for its turn within a second is not counted",
    "single beams beyond the margin around the area: they interfere with the mean of their side lobes",
    "users come and go: in every beam cell the same number uses the network at all times",
)
_NOT_ASKED = "not asked, and [beams] is not used (network = false)"
_LINE_OF_SIGHT = "obstacles: every phone sees every satellite above the mask"


def summary_report(result: CoverageResult) -> dict[str, Any]:
    """Return the content of summary.json; NaN is None."""
    report = _report(result)
    first = {"title": report["title"], "headline": headline(report), "asked": asked_text(report)}
    return {"schema_version": SCHEMA_VERSION, **first, **report}


def _report(result: CoverageResult) -> dict[str, Any]:
    inputs = result.inputs
    return {
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
    if scenario.beams:
        return [*_LOADED, *in_sight]
    return [f"the network of beams: {network_obstacle(scenario) or _NOT_ASKED}", *_NOISE_ONLY, *in_sight]


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
        "duplicates": len(constellation.dropped),
        "refused": len(constellation.rejected),
        "dropped_sets": [item.to_dict() for item in constellation.dropped],
        "refused_sets": [item.to_dict() for item in constellation.rejected],
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
        "h3_resolution": grid.resolution,
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
    within = {f"{wait}min": result.columns()[f"{name}_within_{wait}min"] for wait in WAITS_MIN}
    gaps_s = columns["longest_gap_s"]
    never = np.isnan(gaps_s)
    worst = None if never.all() else int(np.nanargmax(gaps_s))
    cut = result.columns()[f"{name}_longest_gap_is_lower_bound"]
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
        # of the cells whose median phone is served at all
        "longest_gap_s": None if worst is None else float(gaps_s[worst]),
        "longest_gap_is_lower_bound": bool(cut[worst]) if worst is not None else True,
        "longest_gap_cell": None if worst is None else str(result.inputs.grid.cell_id[worst]),
        "never_served_area_share": round(float(area[never].sum() / area.sum()), 6),
        "mean_wait_s": _area_mean(result, columns["mean_wait_s"]),
        "margin_p50_db": _area_mean(result, columns["margin_p50_db"]),
        **_service_of_some(result, name),
    }


def _service_of_some(result: CoverageResult, name: str) -> dict[str, Any]:
    """Return the availability of phones in each posture of a mix, and beside a network that of the best case."""
    postures, v = result.inputs.phones.postures, list(result.inputs.services).index(name)
    shares = {
        posture: round(float(share), 6)
        for posture, share in zip(postures, result.by_posture.shares()[v], strict=True)
        if not np.isnan(share)
    }
    best_case = result.best_case
    return ({"availability_by_posture": shares} if shares else {}) | (
        {"best_case_availability": round(best_case[name], 6)} if best_case else {}
    )


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
