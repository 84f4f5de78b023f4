"""Satellite passes over a site as JSON, CSV and terminal text, with the same figures in each."""

import csv
import io
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Any

from d2c.local_time import shown_day, shown_instant, zone_name
from d2c.output.format.percent import percent_text
from d2c.output.reports.site import (
    clock_text,
    duration_text,
    header_lines,
    rounded_figure,
    site_metadata,
    tenths_text,
)
from d2c.site.inputs import SiteInputs
from d2c.site.passes import Pass, PassSearch, ServiceWindow

_MOST_LISTED = 20
_WINDOW = "  {:<12} {:<12} {:>11} {:>11} {:>8} {:>10} {:>12}"
_PASS = "  {:<12} {:<11} {:<10} {:>9} {:>11} {:>9} {:>12} {:>9}  {}"
PASS_COLUMNS = (
    "satellite",
    "norad_id",
    "payload",
    "rise_utc",
    "culmination_utc",
    "set_utc",
    "duration_s",
    "highest_elevation_deg",
    "rise_azimuth_deg",
    "culmination_azimuth_deg",
    "set_azimuth_deg",
    "best_margin_db",
    "wait_s",
    "served_s",
)
GAP_COLUMNS = ("begin_utc", "end_utc", "duration_s")
_CSV_COLUMNS = ("kind", "begin_utc", "end_utc", *PASS_COLUMNS, "is_lower_bound")
WINDOW_COLUMNS = (*GAP_COLUMNS, "wait_s", "passes", "highest_elevation_deg", "best_margin_db")
_AZIMUTHS = ("rise", "culmination", "set")


def passes_report(inputs: SiteInputs, search: PassSearch, *, service: str) -> dict[str, Any]:
    """Return passes, service windows and gaps, rounded: times to 0.1 s, other figures as in all outputs.

    `rise_utc`, `culmination_utc` and `set_utc` of a pass are None outside the span; `wait_s` counts from `from_utc`
    to the first service, None if there is none. Service windows and gaps together cover the span.
    """
    passes = [_pass(entry, inputs, search) for entry in search.passes]
    served_s = sum(window.duration_s for window in search.served)
    return {
        **site_metadata(inputs),
        "service": service,
        "service_title": inputs.radio.services[service].title,
        "from_utc": tenths_text(search.span.begin_utc),
        "until_utc": tenths_text(search.span.end_utc),
        "wait_s": None if search.wait_s is None else rounded_figure("wait_s", search.wait_s),
        "served_fraction": rounded_figure("served_fraction", served_s / search.span.duration_s),
        **_longest_gap(search),
        "windows": list(_windows(search)),
        "gaps": [{**_span(gap), "is_lower_bound": _is_cut(gap, search)} for gap in search.gaps],
        "passes": passes,
    }


def _longest_gap(search: PassSearch) -> dict[str, Any]:
    """Return the longest gap, 0 for none, and whether the span cuts it; None where the service never comes."""
    if not search.served:
        return {"longest_gap_s": None, "longest_gap_is_lower_bound": True}
    longest_s = max((gap.duration_s for gap in search.gaps), default=0.0)
    cut = any(gap.duration_s == longest_s and _is_cut(gap, search) for gap in search.gaps)
    return {"longest_gap_s": rounded_figure("gap_s", longest_s), "longest_gap_is_lower_bound": cut}


def _is_cut(gap: ServiceWindow, search: PassSearch) -> bool:
    return bool(gap.begin_utc == search.span.begin_utc or gap.end_utc == search.span.end_utc)


def _pass(entry: Pass, inputs: SiteInputs, search: PassSearch) -> dict[str, Any]:
    constellation = inputs.satellites.constellation
    waits = [ServiceWindow(search.span.begin_utc, window.begin_utc).duration_s for window in entry.served]
    azimuths = dict(zip(_AZIMUTHS, entry.azimuth_deg, strict=True))
    return {
        "satellite": constellation.name[entry.satellite],
        "norad_id": int(constellation.norad_id[entry.satellite]),
        "payload": inputs.radio.links.payload_of(entry.satellite),
        "rise_utc": tenths_text(entry.rise_utc),
        "culmination_utc": tenths_text(entry.culmination_utc),
        "set_utc": tenths_text(entry.set_utc),
        "duration_s": rounded_figure("duration_s", entry.visible.duration_s),
        "highest_elevation_deg": rounded_figure("elevation_deg", entry.highest_elevation_deg),
        **{
            f"{when}_azimuth_deg": rounded_figure("azimuth_deg", azimuth)
            for when, azimuth in azimuths.items()
        },
        "best_margin_db": rounded_figure("margin_db", entry.best_margin_db),
        "wait_s": rounded_figure("wait_s", waits[0]) if waits else None,
        "served_s": rounded_figure("served_s", sum(window.duration_s for window in entry.served)),
        "served": [_span(window) for window in entry.served],
    }


def _windows(search: PassSearch) -> Iterator[dict[str, Any]]:
    begins = [window.begin_utc for window in search.served]
    serving: list[list[Pass]] = [[] for _ in begins]
    for entry in search.passes:
        for number in {bisect_right(begins, part.begin_utc) - 1 for part in entry.served}:
            serving[number].append(entry)
    for window, passes in zip(search.served, serving, strict=True):
        wait_s = ServiceWindow(search.span.begin_utc, window.begin_utc).duration_s
        yield {
            **_span(window),
            "wait_s": rounded_figure("wait_s", wait_s),
            "passes": len(passes),
            "highest_elevation_deg": rounded_figure(
                "elevation_deg", max(entry.highest_elevation_deg for entry in passes)
            ),
            "best_margin_db": rounded_figure("margin_db", max(entry.best_margin_db for entry in passes)),
        }


def _span(window: ServiceWindow) -> dict[str, Any]:
    return {
        "begin_utc": tenths_text(window.begin_utc),
        "end_utc": tenths_text(window.end_utc),
        "duration_s": rounded_figure("duration_s", window.duration_s),
    }


def passes_csv(report: Mapping[str, Any]) -> str:
    """Return passes, service windows and gaps as CSV, one per row by its `kind`; missing values are empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, _CSV_COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for one in report["passes"]:
        writer.writerow({"kind": "pass", "begin_utc": one["rise_utc"], "end_utc": one["set_utc"], **one})
    for kind in ("window", "gap"):
        writer.writerows({"kind": kind, **one} for one in report[f"{kind}s"])
    return out.getvalue()


def passes_text(inputs: SiteInputs, report: Mapping[str, Any]) -> str:
    """Return the report as terminal text."""
    lines = [*header_lines(inputs), *_summary_lines(report)]
    if report["windows"]:
        lines += ["", f"When {report['service']} is served", *_window_lines(report)]
    if report["passes"]:
        lines += ["", f"Passes above {report['min_elevation_deg']:g} deg", *_pass_lines(report)]
    return "\n".join([*lines, "", *report["notes"]])


def _summary_lines(report: Mapping[str, Any]) -> Iterator[str]:
    begin, end = shown_instant(report["from_utc"]), shown_instant(report["until_utc"])
    yield f"from {begin} ({report['start_rule']}) until {end}; lengths in [h:]min:s"
    yield ""
    service, gaps = f"{report['service']} ({report['service_title']})", report["gaps"]
    if report["wait_s"] is None:
        reason = (
            f"the link closes in none of the {len(report['passes'])} passes"
            if report["passes"]
            else "no satellite passes"
        )
        yield f"{service}: not served in this time: {reason}"
        return
    wait = "served at once" if report["wait_s"] == 0 else f"wait {duration_text(report['wait_s'])}"
    share = f"served {percent_text(report['served_fraction'], decimals=2)} of the time"
    gaps_text = (
        f"{len(gaps)} gap{'s' if len(gaps) > 1 else ''}, the longest "
        f"{'>= ' if report['longest_gap_is_lower_bound'] else ''}{duration_text(report['longest_gap_s'])}"
    )
    yield f"{service}: {wait}; {share}; {gaps_text if gaps else 'no gap'}"


def _window_lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield _WINDOW.format(
        f"from ({zone_name()})", "until", "lasts", "starts in", "passes", "highest", "best margin"
    )
    day = shown_day(report["from_utc"])  # already in the header
    for window in report["windows"][:_MOST_LISTED]:
        if shown_day(window["begin_utc"]) != day:
            day = shown_day(window["begin_utc"])
            yield f"  {day}"
        yield _WINDOW.format(
            clock_text(window["begin_utc"], missing=""),
            clock_text(window["end_utc"], missing=""),
            duration_text(window["duration_s"]),
            duration_text(window["wait_s"]),
            window["passes"],
            f"{window['highest_elevation_deg']:.1f} deg",
            f"{window['best_margin_db']:.2f} dB",
        )
    yield from _more(len(report["windows"]), "all as JSON")


def _pass_lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield _PASS.format(
        f"rise ({zone_name()})",
        "highest at",
        "set",
        "lasts",
        "serves in",
        "highest",
        "azimuths",
        "margin",
        "satellite",
    )
    day = shown_day(report["from_utc"])  # already in the header
    for entry in report["passes"][:_MOST_LISTED]:
        rise = entry["rise_utc"]
        if rise is not None and shown_day(rise) != day:
            day = shown_day(rise)
            yield f"  {day}"
        yield _PASS.format(
            clock_text(rise, missing="up already"),
            clock_text(entry["culmination_utc"], missing="-"),
            clock_text(entry["set_utc"], missing="still up"),
            duration_text(entry["duration_s"]),
            "never" if entry["wait_s"] is None else duration_text(entry["wait_s"]),
            f"{entry['highest_elevation_deg']:.1f} deg",
            "-".join(f"{entry[f'{when}_azimuth_deg']:03.0f}" for when in _AZIMUTHS),
            f"{entry['best_margin_db']:.2f} dB",
            entry["satellite"],
        ).rstrip()
    yield from _more(len(report["passes"]), "all as CSV and JSON")


def _more(count: int, where: str) -> Iterator[str]:
    if count > _MOST_LISTED:
        yield f"  ... and {count - _MOST_LISTED} more, {where}"
