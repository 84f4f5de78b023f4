"""Explanation of one cell of a result as terminal text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from d2c.local_time import shown_instant
from d2c.output.format.tables import Notes, as_text, report_sections, residual_doppler_text
from d2c.output.reports.network_explanation import network_lines
from d2c.output.reports.phone_explanation import phone_lines

_MOST_LISTED = 12
_IN_VIEW = "  {:<28} {:>7} {:>10} {:>11} {:>9} {:>10} {:>11}  {}"
_CHECK = "  {:{width}} {:>14} {:>14} {:>12} {:>10}  {}"
_OVER_NOISE = "  Satellites in view, as if each had a beam steered to the cell, over noise alone"
_GROUPS = {
    "kernel": ("The kernel, run again for this cell only", "kernel"),
    "stored": ("The stored layer, against the exact formula over the whole span", "stored"),
    "network": (
        "The stored network of beams, against the exact formula over the whole span, sampled as in the run",
        "stored",
    ),
}


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
        *phone_lines(report["phones"], shown_instant(time["utc"])),
        "",
        f"At {shown_instant(time['utc'])} ({time['chosen']})",
    ]
    if time["asked_utc"] not in (None, time["utc"]):
        lines.append(
            f"  requested: {shown_instant(time['asked_utc'])}; this is the sample whose step contains it"
        )
    if report["phones"]["number"] > 1:
        lines.append("  for a phone that sees every satellite and loses what the budget has, no more")
    if report["network"]:
        lines += [*network_lines(report["network"]), "", _OVER_NOISE]
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
        yield f"  ... and {len(report['in_view']) - _MOST_LISTED} more in view, all as JSON"
    yield f"  {below}"


def _budget_lines(report: Mapping[str, Any]) -> Sequence[str]:
    if report["budget"] is None:
        return ["No server, hence no link budget"]
    notes = Notes()
    sections = report_sections([report["budget"]], notes)
    payloads = report["satellites"]["payloads"]
    payload = f", payload {report['in_view'][0]['payload']}," if len(payloads) > 1 else ""
    steered = ", with a beam steered to the cell and over noise alone," if report["network"] else ""
    head = [
        f"Link budget of {report['server']}{payload}{steered} by the exact formula",
        residual_doppler_text(report["budget"]),
    ]
    return [as_text(sections, notes, head=head)]


def _agreement_lines(agreement: Mapping[str, Any]) -> Iterator[str]:
    groups = {group: text for group, text in _GROUPS.items() if group in agreement}
    width = max(len(check["name"]) for group in groups for check in agreement[group])
    for group, (title, what) in groups.items():
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
        if group == "network":
            yield "  C/(I+N) and C/I: the strongest interferers as coins, the others as a gamma distribution"
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
