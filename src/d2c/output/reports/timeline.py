"""Best server above a site over time: CSV columns, JSON report and terminal text."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.local_time import shown_instant
from d2c.output.format.percent import percent_text
from d2c.output.reports.site import duration_text, header_lines, rounded_figure, site_metadata
from d2c.site.inputs import SiteInputs
from d2c.site.sky import ServerLine
from d2c.utc import utc_text

_SERVICE = "  {:<16} {:>12} {:>12} {:>12} {:>14}"


def timeline_columns(inputs: SiteInputs, line: ServerLine) -> dict[str, NDArray[Any]]:
    """Return the columns, each (T,); None and NaN where no satellite is above the mask."""
    constellation = inputs.satellites.constellation
    # The last entry is for server -1, no satellite.
    names = np.array([*constellation.name, None], dtype=object)
    norad_ids = np.array([*constellation.norad_id.tolist(), None], dtype=object)
    columns: dict[str, NDArray[Any]] = {
        "utc": line.utc,
        "satellites_in_view": line.visible,
        "satellite": names[line.server],
        "norad_id": norad_ids[line.server],
        "elevation_deg": line.elevation_deg,
        "azimuth_deg": line.azimuth_deg,
        "slant_range_m": line.slant_range_m,
        "c_n_db": line.c_n_db,
        "uplink_c_n_db": line.uplink_c_n_db,
    }
    for v, service in enumerate(inputs.radio.services):
        columns[f"{service}_margin_db"] = line.margin_db[v]
        if inputs.radio.environment:
            columns[f"{service}_probability"] = line.probability[v]
    return columns


def timeline_report(inputs: SiteInputs, line: ServerLine, *, step_us: int) -> dict[str, Any]:
    """Return the statistics of the span, as in the coverage layer, rounded; missing values are None."""
    served = served_samples(line)
    step = np.timedelta64(step_us, "us")
    return {
        **site_metadata(inputs),
        "from_utc": utc_text(line.utc[0]),
        "until_utc": utc_text(line.utc[-1] + step),
        "step_s": step_us / 1e6,
        "samples": len(line.utc),
        "visible_fraction": rounded_figure("visible_fraction", (line.visible > 0).mean()),
        "mean_visible": rounded_figure("mean_visible", line.visible.mean()),
        **{f"c_n_p{percent:02d}_db": _percentile(line.c_n_db, percent) for percent in (5, 50, 95)},
        "services": {
            service: {
                "title": entry.title,
                "availability": rounded_figure("text_availability", served[v].mean()),
                **_longest_gap(served[v], step_s=step_us / 1e6),
                "margin_p50_db": _percentile(line.margin_db[v], 50),
            }
            for v, (service, entry) in enumerate(inputs.radio.services.items())
        },
    }


def served_samples(line: ServerLine) -> NDArray[np.bool_]:
    """Return whether the best server closes each service, (V, T)."""
    with np.errstate(invalid="ignore"):  # NaN without a server
        return np.asarray(line.margin_db >= 0)


def _longest_gap(served: NDArray[np.bool_], *, step_s: float) -> dict[str, Any]:
    """Return the longest run of samples without service, and whether the span cuts it; None if it is all of them."""
    if not served.any():
        return {"longest_gap_s": None, "longest_gap_is_lower_bound": True}
    edges = np.flatnonzero(np.diff(served, prepend=True, append=True))
    lengths = edges[1::2] - edges[::2]
    longest = int(np.max(lengths, initial=0))
    cut = (lengths == longest) & ((edges[::2] == 0) | (edges[1::2] == len(served)))
    return {
        "longest_gap_s": rounded_figure("gap_s", longest * step_s),
        "longest_gap_is_lower_bound": bool(cut.any()),
    }


def _percentile(values: NDArray[np.float64], percent: int) -> float | None:
    known = values[~np.isnan(values)]
    return rounded_figure("c_n_db", np.percentile(known, percent)) if len(known) else None


def _gap_text(figures: dict[str, Any]) -> str:
    if figures["longest_gap_s"] is None:
        return "never"
    return (
        f"{'>= ' if figures['longest_gap_is_lower_bound'] else ''}{duration_text(figures['longest_gap_s'])}"
    )


def timeline_text(inputs: SiteInputs, report: Mapping[str, Any]) -> str:
    """Return the report as terminal text."""
    share, mean = percent_text(report["visible_fraction"], decimals=2), f"{report['mean_visible']:.2f}"
    begin, end = shown_instant(report["from_utc"]), shown_instant(report["until_utc"])
    lines = [
        *header_lines(inputs),
        f"from {begin} ({report['start_rule']}) until {end}, every {report['step_s']:g} s",
        "",
        f"a satellite above the mask {share} of the time, {mean} satellites on average",
    ]
    if report["c_n_p50_db"] is not None:
        lines.append(
            f"C/N of the best server: median {report['c_n_p50_db']:.2f} dB, {report['c_n_p05_db']:.2f} dB or less in "
            f"5 % and {report['c_n_p95_db']:.2f} dB or more in 5 % of the time"
        )
    lines += ["", _SERVICE.format("service", "available", "longest gap", "", "median margin").rstrip()]
    for service, figures in report["services"].items():
        margin = figures["margin_p50_db"]
        lines.append(
            _SERVICE.format(
                service,
                percent_text(figures["availability"], decimals=2),
                _gap_text(figures),
                "",
                "-" if margin is None else f"{margin:.2f} dB",
            )
        )
    return "\n".join([*lines, "", *report["notes"]])
