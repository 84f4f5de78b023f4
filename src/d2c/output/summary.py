"""What a run found, in a page of figures with their provenance: summary.json and the text for a terminal."""

from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c import __version__
from d2c.coverage.inputs import is_nominal
from d2c.coverage.result import CoverageResult
from d2c.orbit.constellation import shells
from d2c.orbit.epoch import element_age_days
from d2c.scenario.model import Scenario
from d2c.scenario.systems import assumptions

SCHEMA_VERSION = 1
_ENGINES = ("numpy", "numba", "skyfield", "sgp4", "p676", "h3", "shapely", "geopandas", "pyogrio", "pyproj")
_SERVICE_KEYS = ("availability", "longest_gap_s", "mean_wait_s", "margin_p50_db")
_SHARES = (0.5, 0.9, 0.99, 0.999)
_SERVICE_ROW = "  {:16} {:>12} {:>15} {:>12} {:>10} {:>9}"
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
    satellites, region, sky, link = found["satellites"], found["region"], found["sky"], result.scenario.link
    span = f"{found['start_utc']} to {found['end_utc']}, {result.samples:,} steps"
    used = f"{satellites['used']:,} satellites of {satellites['source']}{_age(satellites)}"
    left_out = f"{satellites['refused']} sets refused, {satellites['lost']} satellites lost on the way"
    seen = f"a satellite above {link.min_elevation_deg:g} deg: {_percent(sky['visible_fraction'])} of area and time"
    heard = f"{sky['mean_visible']:.2f} on average, C/N {_or_dash(sky['c_n_p50_db'], '.1f')} dB (median)"
    lines = [
        found["title"],
        f"  {span} of {result.scenario.time.step_s:g} s",
        f"  {used}; {left_out}",
        f"  {region['cells']:,} cells, {region['area_km2']:,.0f} km2 of {result.scenario.region.area}",
        f"  {seen}; {heard}",
        "",
        _SERVICE_ROW.format(
            "service", "availability", "area with 99 %", "longest gap", "mean wait", "margin"
        ),
    ]
    for name, service in found["services"].items():
        row = (
            _percent(service["availability"]),
            _percent(service["area_share_available"]["0.99"]),
            f"{service['longest_gap_s'] / 60:.1f} min",
            f"{service['mean_wait_s']:.1f} s",
            f"{_or_dash(service['margin_p50_db'], '.1f')} dB",
        )
        lines.append(_SERVICE_ROW.format(name, *row))
    lines += ["", *(f"  not modelled: {text}" for text in found["not_modelled"])]
    return "\n".join(lines)


def subtitle(found: dict[str, Any]) -> str:
    """Return when, in a line for under a map's title, from the content of summary.json."""
    time, start = found["scenario"]["time"], found["start_utc"].removesuffix("Z")[:16].replace("T", " ")
    return f"{time['duration_h']:g}\u00a0h from {start}\u00a0UTC, every {time['step_s']:g}\u00a0s"


def caption(found: dict[str, Any]) -> str:
    """Return what a map stands on, in a few sentences, from the content of summary.json."""
    link, satellites = found["scenario"]["link"], found["satellites"]
    environment = f", {link['environment']}" if link["environment"] else ""
    warnings = " ".join(f"{warning[:1].upper()}{warning[1:]}." for warning in found["warnings"])
    return (
        f"{satellites['used']:,} satellites of {satellites['source']} above {link['min_elevation_deg']:g}\u00a0deg. "
        f"Payload {link['payload']}, handset {link['handset']}, losses {link['losses']}{environment}. "
        f"Not modelled: {'; '.join(found['not_modelled'])}. {warnings}"
    ).strip()


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
        "nominal": is_nominal(result.scenario, constellation),
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
        "max_satellites_in_view_of_region": int(result.timeline.satellites_in_view().max()),
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


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
