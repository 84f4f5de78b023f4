"""Why a cell of a result is as it is: figures for JSON, and the text for a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from d2c.analysis.cross_check import Check, kernel_checks, stored_checks
from d2c.analysis.explain import CellInstant, CellSpan, explain_instant, explain_span, lowest_margin_sample
from d2c.coverage.inputs import Inputs
from d2c.link.satellite_geometry import footprint, satellite_geometry
from d2c.output.format.tables import Notes, as_text, beam_words, report_sections
from d2c.output.reports.link import beam_source, link_report
from d2c.results.format.utc import sample_of, utc_text
from d2c.results.stored import StoredResult
from d2c.scenario.assumptions import system_assumptions
from d2c.scenario.model import Scenario

_MOST_LISTED = 12
_IN_VIEW = "  {:<28} {:>7} {:>10} {:>11} {:>9} {:>10} {:>11}  {}"
_CHECK = "  {:{width}} {:>14} {:>14} {:>12} {:>10}  {}"


def explanation(
    stored: StoredResult, inputs: Inputs, cell: int, *, asked_utc: np.datetime64 | None = None
) -> dict[str, Any]:
    """Return why a cell (index into the grid) is as it is; numbers are plain, what does not exist is None.

    The instant is the sample whose step holds `asked_utc`, or that of the first service's lowest margin. ScenarioError
    for an instant outside the span.
    """
    scenario, services = stored.scenario, list(inputs.services)
    row = _row(stored, cell)
    sample = None if asked_utc is None else sample_of(asked_utc, scenario, start=inputs.start)
    span = explain_span(scenario, inputs, cell)
    sample, chosen = _chosen(sample, span, services[0])
    now = explain_instant(scenario, inputs, cell, sample=sample, span=span)
    checks = {
        "kernel": kernel_checks(span, now, services),
        "stored": stored_checks(row, span, scenario, services),
    }
    server = int(now.satellite[0]) if len(now.satellite) else None
    return {
        "folder": str(stored.folder),
        "title": scenario.title,
        "satellites": {
            "used": len(inputs.constellation),
            "source": inputs.constellation.source,
            "assumptions": system_assumptions(scenario),
        },
        "cell": {key: row[key] for key in ("cell_id", "latitude_deg", "longitude_deg", "country", "region")},
        "time": {
            "utc": utc_text(now.utc),
            "sample": sample,
            "asked_utc": None if asked_utc is None else utc_text(asked_utc),
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
            **{group: [_plain_check(check) for check in found] for group, found in checks.items()},
        },
    }


def _row(stored: StoredResult, cell: int) -> dict[str, Any]:
    """Return the cell's columns as stored, plain."""
    row = stored.cells.drop(columns="geometry").iloc[cell].to_dict()
    plain = {key: value.item() if isinstance(value, np.generic) else value for key, value in row.items()}
    return {key: None if value != value else value for key, value in plain.items()}  # NaN only


def _chosen(sample: int | None, span: CellSpan, first_service: str) -> tuple[int, str]:
    """Return the sample to look at and why that one."""
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
            "elevation_deg": float(now.look.elevation_deg[n]),
            "slant_range_m": float(now.look.slant_range_m[n]),
            "off_nadir_deg": float(now.look.off_nadir_deg[n]),
            "c_n_db": float(now.c_n_db[n]),
            "uplink_c_n_db": None if np.isnan(now.uplink_c_n_db[n]) else float(now.uplink_c_n_db[n]),
            "margin_db": {name: float(now.margin_db[v, n]) for v, name in enumerate(inputs.services)},
            "serves": n == 0,
        }


def _budget(scenario: Scenario, inputs: Inputs, cell: int, now: CellInstant) -> dict[str, Any]:
    """Return the link report of the server, at the position that the run uses; Doppler from SGP4's own state."""
    place: dict[str, Any] = {
        "utc": now.utc,
        "latitude_deg": float(inputs.grid.latitude_deg[cell]),
        "longitude_deg": float(inputs.grid.longitude_deg[cell]),
    }
    server = int(now.satellite[0])
    sight = satellite_geometry(inputs.constellation, server, **place)
    beam = footprint(inputs.link.payload)
    radius_m = beam.radius_m(altitude_m=float(sight.altitude_m)) if beam else np.nan
    sight = satellite_geometry(inputs.constellation, server, **place, beam_radius_m=radius_m)
    look = replace(
        now.look,
        slant_range_m=now.look.slant_range_m[0],
        elevation_deg=now.look.elevation_deg[0],
        off_nadir_deg=now.look.off_nadir_deg[0],
    )
    report = link_report(
        inputs.link, replace(sight, look=look), inputs.services, environment=scenario.link.environment
    )
    return report | beam_source(beam)


def _plain_check(check: Check) -> dict[str, Any]:
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
    "  The services of this layer are over C/(I+N), with beams that take turns. What follows is over noise alone:\n"
    "  the most that a beam could give here. Services are not compared with what is stored."
)


def explanation_text(found: Mapping[str, Any]) -> str:
    """Return the explanation as a person reads it in a terminal."""
    cell, time = found["cell"], found["time"]
    place = ", ".join(name for name in (cell["region"], cell["country"]) if name)
    lines = [
        f"{found['title']}: cell {cell['cell_id']} at {cell['latitude_deg']:.4f}, {cell['longitude_deg']:.4f}"
        + (f" ({place})" if place else ""),
        f"{found['satellites']['used']:,} satellites of {found['satellites']['source']}",
        *(f"  assumed: {name} = {text}" for name, text in found["satellites"]["assumptions"].items()),
        "",
        "As stored in the layer",
        *(f"  {name:28} {_shown(value)}" for name, value in found["statistics"].items() if name not in cell),
        "",
        f"At {time['utc']} ({time['chosen']})",
    ]
    if time["asked_utc"] not in (None, time["utc"]):
        lines.append(f"  asked for {time['asked_utc']}: this is the sample whose step holds it")
    if found["over_noise_only"]:
        lines.append(_OVER_NOISE_ONLY)
    lines += [*_view_lines(found), "", *_budget_lines(found), "", *_agreement_lines(found["agreement"])]
    return "\n".join(lines)


def _view_lines(found: Mapping[str, Any]) -> Iterator[str]:
    mask = f"the mask of {found['min_elevation_deg']:g} deg"
    below = f"{found['below_mask']} more above the horizon, below {mask}"
    if not found["in_view"]:
        yield f"  no satellite above {mask}; {below}"
        return
    service = next(iter(found["served"]))
    yield _IN_VIEW.format(
        "in view", "number", "elevation", "range", "C/N", "uplink", f"{service} margin", ""
    ).rstrip()
    for one in found["in_view"][:_MOST_LISTED]:
        uplink = "-" if one["uplink_c_n_db"] is None else f"{one['uplink_c_n_db']:.2f} dB"
        served = [name for name, yes in found["served"].items() if yes]
        role = f"serves {', '.join(served) or 'nothing'}" if one["serves"] else ""
        yield _IN_VIEW.format(
            one["name"],
            one["norad_id"],
            f"{one['elevation_deg']:.2f} deg",
            f"{one['slant_range_m'] / 1e3:.1f} km",
            f"{one['c_n_db']:.2f} dB",
            uplink,
            f"{one['margin_db'][service]:.2f} dB",
            role,
        ).rstrip()
    if len(found["in_view"]) > _MOST_LISTED:
        yield f"  ... and {len(found['in_view']) - _MOST_LISTED} more in view, all with --json"
    yield f"  {below}"


def _budget_lines(found: Mapping[str, Any]) -> Sequence[str]:
    if found["budget"] is None:
        return ["No server, so no budget"]
    notes = Notes()
    sections = report_sections([found["budget"]], notes)
    head = [f"Budget of {found['server']} by the exact formula", beam_words(found["budget"])]
    return [as_text(sections, notes, head=head)]


def _agreement_lines(agreement: Mapping[str, Any]) -> Iterator[str]:
    titles = {
        "kernel": ("The kernel, asked again about this cell alone", "kernel"),
        "stored": ("The layer, against the whole span by the exact formula", "stored"),
    }
    width = max(len(check["name"]) for group in titles for check in agreement[group])
    for group, (title, what) in titles.items():
        yield title
        yield _CHECK.format("", what, "exact", "difference", "allowed", "", width=width).rstrip()
        for check in agreement[group]:
            yield _CHECK.format(
                check["name"],
                _shown(check["found"]),
                _shown(check["exact"]),
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


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
