"""Explanation of one cell of a result (statistics, satellites in view, budget, cross-checks), as JSON and text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from d2c.analysis.cross_check import Check, kernel_checks, stored_checks
from d2c.analysis.explain import CellInstant, CellSpan, explain_instant, explain_span, lowest_margin_sample
from d2c.coverage.inputs import Inputs
from d2c.coverage.windows import sample_index
from d2c.link.beamwidth import footprint
from d2c.link.satellite_geometry import satellite_geometry
from d2c.output.format.tables import Notes, as_text, report_sections, residual_doppler_text
from d2c.output.reports.link import beam_source, link_report
from d2c.results.stored import ResultTables
from d2c.scenario.assumptions import system_assumptions
from d2c.scenario.model import Scenario
from d2c.utc import utc_text

_MOST_LISTED = 12
_IN_VIEW = "  {:<28} {:>7} {:>10} {:>11} {:>9} {:>10} {:>11}  {}"
_CHECK = "  {:{width}} {:>14} {:>14} {:>12} {:>10}  {}"


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
    sample, chosen = _choose_sample(sample, span, services[0])
    now = explain_instant(scenario, inputs, cell, sample=sample, span=span)
    checks = {
        "kernel": kernel_checks(span, now, services),
        "stored": stored_checks(row, span, scenario, services),
    }
    server = int(now.satellite[0]) if len(now.satellite) else None
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
        "in_view": list(_in_view(now, inputs)),
        "below_mask": now.below_mask,
        "min_elevation_deg": scenario.link.min_elevation_deg,
        "over_noise_only": scenario.beams is not None,
        "server": None if server is None else inputs.constellation.name[server],
        "served": {
            name: bool(server is not None and now.margin_db[v, 0] >= 0) for v, name in enumerate(services)
        },
        "budget": None if server is None else _budget(scenario, inputs, cell, now),
        "agreement": {
            "agrees": all(check.agrees for group in checks.values() for check in group),
            "samples_near_the_mask": int(span.near_mask.sum()),
            **{group: [_check_figures(check) for check in results] for group, results in checks.items()},
        },
    }


def _row(stored: ResultTables, cell: int) -> dict[str, Any]:
    """Return the cell's stored columns as Python values, NaN as None."""
    row = stored.cells.drop(columns="geometry").iloc[cell].to_dict()
    plain = {key: value.item() if isinstance(value, np.generic) else value for key, value in row.items()}
    return {key: None if value != value else value for key, value in plain.items()}  # true for NaN only


def _choose_sample(sample: int | None, span: CellSpan, first_service: str) -> tuple[int, str]:
    """Return the sample to explain and the reason for the choice."""
    if sample is not None:
        return sample, "asked for"
    lowest = lowest_margin_sample(span)
    if lowest is None:
        return len(span.visible) // 2, "middle of the span: no satellite is ever in view"
    return lowest, f"lowest margin of {first_service} with a satellite in view"


def _in_view(now: CellInstant, inputs: Inputs) -> Iterator[dict[str, Any]]:
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
            "serves": n == 0,
        }


def _budget(scenario: Scenario, inputs: Inputs, cell: int, now: CellInstant) -> dict[str, Any]:
    """Return the link report of the server at the position used by the run; Doppler from the SGP4 state vector."""
    place: dict[str, Any] = {
        "utc": now.utc,
        "latitude_deg": float(inputs.grid.latitude_deg[cell]),
        "longitude_deg": float(inputs.grid.longitude_deg[cell]),
    }
    server = int(now.satellite[0])
    geometry = satellite_geometry(inputs.constellation, server, **place)
    link = inputs.links.of(server)
    beam = footprint(link.payload)
    radius_m = beam.radius_m(altitude_m=float(geometry.altitude_m)) if beam else np.nan
    geometry = satellite_geometry(inputs.constellation, server, **place, beam_radius_m=radius_m)
    look = replace(
        now.look,
        slant_range_m=now.look.slant_range_m[0],
        elevation_deg=now.look.elevation_deg[0],
        off_nadir_deg=now.look.off_nadir_deg[0],
    )
    report = link_report(
        link, replace(geometry, look=look), inputs.services, environment=scenario.link.environment
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


_OVER_NOISE_ONLY = (
    "  The services of this layer are over C/(I+N), with time-shared beams. The figures below are over noise alone:\n"
    "  an upper bound for a beam here. Services are not compared with the stored columns."
)


def explanation_text(report: Mapping[str, Any]) -> str:
    """Return the explanation as terminal text."""
    cell, time = report["cell"], report["time"]
    place = ", ".join(name for name in (cell["region"], cell["country"]) if name)
    lines = [
        f"{report['title']}: cell {cell['cell_id']} at {cell['latitude_deg']:.4f}, {cell['longitude_deg']:.4f}"
        + (f" ({place})" if place else ""),
        f"{report['satellites']['used']:,} satellites of {report['satellites']['source']}",
        *(f"  assumed: {name} = {text}" for name, text in report["satellites"]["assumptions"].items()),
        "",
        "As stored in the layer",
        *(
            f"  {name:28} {_value_text(value)}"
            for name, value in report["statistics"].items()
            if name not in cell
        ),
        "",
        f"At {time['utc']} ({time['chosen']})",
    ]
    if time["asked_utc"] not in (None, time["utc"]):
        lines.append(f"  requested: {time['asked_utc']}; this is the sample whose step contains it")
    if report["over_noise_only"]:
        lines.append(_OVER_NOISE_ONLY)
    lines += [*_view_lines(report), "", *_budget_lines(report), "", *_agreement_lines(report["agreement"])]
    return "\n".join(lines)


def _view_lines(report: Mapping[str, Any]) -> Iterator[str]:
    mask = f"the mask of {report['min_elevation_deg']:g} deg"
    below = f"{report['below_mask']} more above the horizon, below {mask}"
    if not report["in_view"]:
        yield f"  no satellite above {mask}; {below}"
        return
    service = next(iter(report["served"]))
    yield _IN_VIEW.format(
        "in view", "number", "elevation", "range", "C/N", "uplink", f"{service} margin", ""
    ).rstrip()
    for satellite in report["in_view"][:_MOST_LISTED]:
        uplink = "-" if satellite["uplink_c_n_db"] is None else f"{satellite['uplink_c_n_db']:.2f} dB"
        served = [name for name, closes in report["served"].items() if closes]
        payload = f"{satellite['payload']}  " if len(report["satellites"]["payloads"]) > 1 else ""
        role = f"serves {', '.join(served) or 'nothing'}" if satellite["serves"] else ""
        yield _IN_VIEW.format(
            satellite["name"],
            satellite["norad_id"],
            f"{satellite['elevation_deg']:.2f} deg",
            f"{satellite['slant_range_m'] / 1e3:.1f} km",
            f"{satellite['c_n_db']:.2f} dB",
            uplink,
            f"{satellite['margin_db'][service]:.2f} dB",
            payload + role,
        ).rstrip()
    if len(report["in_view"]) > _MOST_LISTED:
        yield f"  ... and {len(report['in_view']) - _MOST_LISTED} more in view, all with --json"
    yield f"  {below}"


def _budget_lines(report: Mapping[str, Any]) -> Sequence[str]:
    if report["budget"] is None:
        return ["No server, hence no link budget"]
    notes = Notes()
    sections = report_sections([report["budget"]], notes)
    payloads = report["satellites"]["payloads"]
    payload = f", payload {report['in_view'][0]['payload']}," if len(payloads) > 1 else ""
    head = [
        f"Link budget of {report['server']}{payload} by the exact formula",
        residual_doppler_text(report["budget"]),
    ]
    return [as_text(sections, notes, head=head)]


def _agreement_lines(agreement: Mapping[str, Any]) -> Iterator[str]:
    titles = {
        "kernel": ("The kernel, run again for this cell only", "kernel"),
        "stored": ("The stored layer, against the exact formula over the whole span", "stored"),
    }
    width = max(len(check["name"]) for group in titles for check in agreement[group])
    for group, (title, what) in titles.items():
        yield title
        yield _CHECK.format("", what, "exact", "difference", "allowed", "", width=width).rstrip()
        for check in agreement[group]:
            yield _CHECK.format(
                check["name"],
                _value_text(check["found"]),
                _value_text(check["exact"]),
                "-" if check["difference"] is None else f"{check['difference']:.2g}",
                f"{check['allowed']:.2g}",
                "agrees" if check["agrees"] else "DIFFERS",
                width=width,
            )
        yield ""
    near = agreement["samples_near_the_mask"]
    if near:
        yield f"{near} samples have a satellite so near the mask that the kernel's float32 may decide otherwise."
    yield (
        "The stored cell agrees with the exact formula."
        if agreement["agrees"]
        else "The stored cell DIFFERS from the exact formula."
    )


def _value_text(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
