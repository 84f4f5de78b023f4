"""What a run found, in a page of figures with their provenance: summary.json and the text for a terminal."""

from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c import __version__
from d2c.coverage.result import CoverageResult
from d2c.orbit.constellation import shells
from d2c.orbit.epoch import element_age_days
from d2c.scenario.model import Scenario
from d2c.scenario.systems import assumptions

SCHEMA_VERSION = 1
_ENGINES = ("numpy", "numba", "skyfield", "sgp4", "p676", "h3", "shapely", "geopandas", "pyogrio", "pyproj")
_SERVICE_KEYS = ("availability", "longest_gap_s", "mean_wait_s", "margin_p50_db")
_SHARES = (0.5, 0.9, 0.99, 0.999)
NOT_MODELLED = (
    "noise only: no interference between beams or satellites, no limit of beams or capacity",
    "every satellite above the mask is taken to serve every cell it sees",
)


def summary(result: CoverageResult) -> dict[str, Any]:
    """Return the content of summary.json; numbers are plain, NaN is None."""
    inputs = result.inputs
    return {
        "schema_version": SCHEMA_VERSION,
        "title": result.scenario.title,
        "scenario": result.scenario.model_dump(mode="json"),
        "start_utc": _iso(inputs.start),
        "end_utc": _iso(inputs.start + result.span),
        "satellites": _satellites(result),
        "region": _region(result),
        "sky": _sky(result),
        "services": {name: _service(result, name) for name in inputs.services},
        "warnings": list(inputs.warnings),
        "assumptions": assumed_figures(result.scenario),
        "not_modelled": list(NOT_MODELLED),
        "inputs_sha256": inputs.sha256,
        "versions": versions(),
        "run_time_s": round(result.run_time_s, 3),
    }


def summary_text(result: CoverageResult) -> str:
    """Return the summary as a person reads it in a terminal."""
    found = summary(result)
    satellites, region, sky = found["satellites"], found["region"], found["sky"]
    lines = [
        found["title"],
        f"  {found['start_utc']} to {found['end_utc']}, {result.statistics.samples:,} steps of "
        f"{result.scenario.time.step_s:g} s",
        f"  {satellites['used']:,} satellites of {satellites['source']} (refused {satellites['refused']}, "
        f"lost on the way {satellites['lost']}{_age(satellites)})",
        f"  {region['cells']:,} cells, {region['area_km2']:,.0f} km2 of {result.scenario.region.area}",
        f"  a satellite above {result.scenario.link.min_elevation_deg:g} deg: {100 * sky['visible_fraction']:.2f} % of "
        f"area and time; {sky['mean_visible']:.2f} on average; C/N {_or_dash(sky['c_n_p50_db'], '.1f')} dB (median)",
        "",
        f"  {'service':16} {'availability':>12} {'>= 99 % of time':>16} {'longest gap':>12} {'mean wait':>10} {'margin':>9}",
    ]
    for name, service in found["services"].items():
        lines.append(
            f"  {name:16} {100 * service['availability']:>10.2f} % "
            f"{100 * service['area_share_available']['0.99']:>10.1f} % area "
            f"{service['longest_gap_s'] / 60:>8.1f} min {service['mean_wait_s']:>8.1f} s "
            f"{_or_dash(service['margin_p50_db'], '.1f'):>6} dB"
        )
    lines += ["", *(f"  not modelled: {text}" for text in found["not_modelled"])]
    return "\n".join(lines)


def assumed_figures(scenario: Scenario) -> dict[str, str]:
    """Return the figures that nobody could see in a source, with the reason, and the scenario's own choices."""
    link = scenario.link
    chosen = {
        "min_elevation_deg": f"{link.min_elevation_deg:g} deg: the operator publishes no elevation mask",
    }
    return chosen | assumptions(link)


@cache
def versions() -> dict[str, str]:
    """Return the versions of d2c and of the libraries that results depend on."""
    return {"d2c": __version__} | {name: version(name) for name in _ENGINES}


def _satellites(result: CoverageResult) -> dict[str, Any]:
    constellation = result.inputs.constellation
    found: dict[str, Any] = {
        "used": len(constellation),
        "source": constellation.source,
        "shells": [str(shell) for shell in shells(constellation)],
        "lost": result.satellites_lost,
        "duplicates": constellation.duplicates,
        "refused": len(constellation.refused),
        "refused_sets": [{"line": r.line, "name": r.name, "reason": r.reason} for r in constellation.refused],
    }
    if result.scenario.constellation.elements:
        age_days = element_age_days(constellation, result.inputs.start)
        found["median_age_days"] = round(float(np.median(age_days)), 3)
        found["oldest_age_days"] = round(float(age_days.max()), 3)
    return found


def _region(result: CoverageResult) -> dict[str, Any]:
    grid = result.inputs.grid
    return {"cells": len(grid), "area_km2": round(float(grid.area_m2.sum()) / 1e6, 3), "grid": grid.kind}


def _sky(result: CoverageResult) -> dict[str, Any]:
    columns = result.columns()
    means = ("visible_fraction", "mean_visible", "c_n_p05_db", "c_n_p50_db", "c_n_p95_db")
    return {name: _area_mean(result, columns[name]) for name in means} | {
        "max_visible": int(columns["max_visible"].max()),
        "max_satellites_in_view_of_region": int(result.timeline.satellites.max()),
    }


def _service(result: CoverageResult, name: str) -> dict[str, Any]:
    columns = {key: result.columns()[f"{name}_{key}"] for key in _SERVICE_KEYS}
    availability = columns["availability"]
    area = result.inputs.grid.area_m2
    worst = int(np.argmax(columns["longest_gap_s"]))
    return {
        "availability": _area_mean(result, availability),
        "area_share_available": {
            f"{share:g}": round(float(area[availability >= share].sum() / area.sum()), 6) for share in _SHARES
        },
        "longest_gap_s": float(columns["longest_gap_s"][worst]),
        "longest_gap_cell": str(result.inputs.grid.cell_id[worst]),
        "mean_wait_s": _area_mean(result, columns["mean_wait_s"]),
        "margin_p50_db": _area_mean(result, columns["margin_p50_db"]),
    }


def _area_mean(result: CoverageResult, values: NDArray[np.float64]) -> float | None:
    """Return the mean over the area of the cells that have a figure; None if none has."""
    known = ~np.isnan(values)
    if not known.any():
        return None
    return round(float(np.average(values[known], weights=result.inputs.grid.area_m2[known])), 6)


def _iso(instant: np.datetime64) -> str:
    text = str(instant.astype("datetime64[us]"))
    return text.removesuffix(".000000") + "Z"


def _age(satellites: dict[str, Any]) -> str:
    if "median_age_days" not in satellites:
        return ""
    return f", elements {satellites['median_age_days']:.1f} days old"


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
