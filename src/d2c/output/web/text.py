"""Texts of the page as HTML: scenario, results, limitations, assumptions and sources.

All text from files or users passes through `escape`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from d2c.local_time import local_time, zone_name
from d2c.output.format.markup import escape
from d2c.output.format.percent import percent_text
from d2c.output.maps.basemap import ATTRIBUTION
from d2c.output.reports.caption import run_payloads
from d2c.output.reports.headline import asked_text, headline
from d2c.output.reports.network import beam_assumptions_text, beams_text
from d2c.output.reports.phones import phones_text
from d2c.output.reports.times import gap_is_cut
from d2c.utc import parse_utc

_MOST_REFUSED = 20  # listed by name
_NAMED_SHARE = "0.99"


def beams_description(*, served: int, cells: int, satellites: int, excluded: int) -> str:
    """Describe the beam cells on the map in a few sentences."""
    who = "satellite" if satellites == 1 else "satellites"
    hatched = f" The {excluded:,} hatched ones are excluded: no beam may serve them." if excluded else ""
    return (
        f"{served:,} of {cells:,} beam cells are served by {satellites:,} {who}, the margin around the area included;"
        f" colours over the greys show satellites.{hatched} A satellite has far fewer beams than cells: one lights a "
        "cell only for its hop share of each second, and then the next."
    )


def span_text(start_utc: str, end_utc: str) -> str:
    """Format a time span (ISO 8601, UTC) for display, in the zone: 22 Aug 2026, 18:00 to 19:00 UTC."""
    start, end = map(_moment, (start_utc, end_utc))
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{_date(end)}, {end:%H:%M}"
    return f"{_date(start)}, {start:%H:%M} to {until} {zone_name()}"


def instant_text(utc: str) -> str:
    """Format an instant (ISO 8601, UTC) for display, in the zone: 22 Aug 2026, 18:00:00 UTC."""
    instant = _moment(utc)
    return f"{_date(instant)}, {instant:%H:%M:%S} {zone_name()}"


def _moment(utc: str) -> datetime:
    moment: datetime = local_time(parse_utc(utc)).astype(object)
    return moment


def _date(instant: datetime) -> str:
    # Not %b, which depends on the locale.
    month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][
        instant.month - 1
    ]
    return f"{instant.day} {month} {instant.year}"


def subtitle(summary: Mapping[str, Any]) -> str:
    """Return the subtitle: time span, satellites, cells and area."""
    region, satellites = summary["region"], summary["satellites"]
    return escape(
        f"{span_text(summary['start_utc'], summary['end_utc'])}, every {summary['scenario']['time']['step_s']:g} s. "
        f"{satellites['used']:,} satellites, {region['cells']:,} cells, {region['area_km2']:,.0f} km²."
    )


def services_table(summary: Mapping[str, Any]) -> str:
    """Return the table of services: statistics of the region over the whole span."""
    heads = (
        "Service",
        "Availability, of phones, area and time",
        "Area with 99 %",
        "Longest gap of the median phone anywhere",
        "Mean wait, 0 for whoever is served at once",
        "Median margin",
    )
    rows = []
    for name, service in summary["services"].items():
        cells = (
            percent_text(service["availability"], decimals=2),
            percent_text(service["area_share_available"][_NAMED_SHARE], decimals=2),
            _gap(service, summary),
            "–" if service["mean_wait_s"] is None else _duration(service["mean_wait_s"]),
            _decibels(service["margin_p50_db"]),
        )
        figures = "".join(
            f'<td data-name="{head}">{escape(text)}</td>' for head, text in zip(heads[1:], cells, strict=True)
        )
        service_name = escape(_sentence(name.replace("_", " ")))
        rows.append(f'<tr><th scope="row">{service_name}</th>{figures}</tr>')
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def lead(summary: Mapping[str, Any]) -> str:
    """Return the headline and what was asked."""
    return (
        f"<strong>{escape(_sentence(headline(summary)))}.</strong> {escape(_sentence(asked_text(summary)))}."
    )


def _gap(service: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    if service["longest_gap_s"] is None:
        return f"never in {summary['scenario']['time']['duration_h']:g} h"
    least = "at least " if gap_is_cut(service) else ""
    return least + _duration(service["longest_gap_s"])


def cautions(summary: Mapping[str, Any]) -> str:
    """Return the limitations of the result: effects not modelled, orbit data, warnings."""
    left_out, warnings = summary["not_modelled"], summary["warnings"]
    parts = []
    beams = summary["scenario"].get("beams")
    if beams:
        parts.append(f"<p><strong>Read this as one plausible network.</strong> {escape(_loaded(beams))}</p>")
    if left_out:
        text = " ".join(f"{_sentence(effect)}." for effect in left_out)
        head = "Not modelled." if beams else "Read this as the best case."
        parts.append(f"<p><strong>{head}</strong> {escape(text)}</p>")
    parts.append(f"<p>{_orbits(summary)}</p>")
    if warnings:
        parts.append(f"<p><strong>Warnings of this run:</strong></p>{_list(warnings)}")
    return "".join(parts)


def _loaded(beams: Mapping[str, Any]) -> str:
    """Describe the reference of the margins and the assumptions about the beams."""
    assumed = escape(beam_assumptions_text(beams))
    return (
        "Services are over C/(I+N): the serving beam while it is alight, over noise and the co-channel beams of all "
        f"satellites. Assumed, since no operator publishes it: {assumed}. All assumptions are listed below, with "
        "reasons."
    )


def _orbits(summary: Mapping[str, Any]) -> str:
    """Describe the source and age of the orbits in a sentence."""
    satellites = summary["satellites"]
    if not summary["scenario"]["constellation"]["elements"]:
        return "The orbits are nominal, a regular pattern: no real satellite flies exactly so."
    kind = "nominal ones that stand in for the real satellites, " if satellites["nominal"] else "those of "
    return (
        f"The orbits are {kind}<q>{escape(satellites['source'])}</q>, {satellites['median_age_days']:.1f} days old at "
        f"the start (median; the oldest {satellites['oldest_age_days']:.1f})."
    )


def scenario_list(summary: Mapping[str, Any]) -> str:
    """Return the list of scenario settings."""
    scenario, satellites, region = summary["scenario"], summary["satellites"], summary["region"]
    link, grid, area = scenario["link"], scenario["grid"], scenario["region"]
    # folders written before resolutions were chosen have that of the scenario only
    resolution = region.get("h3_resolution", grid["resolution"])
    cells = f"H3 resolution {resolution}" if grid["kind"] == "h3" else f"boxes of {grid['step_deg']:g}°"
    around = f", with a buffer of {area['buffer_km']:g} km" if area["buffer_km"] else ""
    left_out = (
        f"{satellites[key]} {label}"
        for key, label in (("refused", "rejected"), ("duplicates", "duplicates"), ("lost", "decayed"))
    )
    terms = {
        "Time": span_text(summary["start_utc"], summary["end_utc"]),
        "Step": f"{scenario['time']['step_s']:g} s",
        "Satellites": f"{satellites['used']:,} of {satellites['source']}",
        "Shells": "; ".join(satellites["shells"]),
        "Left out": ", ".join(left_out),
        "Area": f"{Path(area['area']).name}, {area['surface']}{around}",
        "Cells": f"{region['cells']:,}, {cells}",
        "Payload": run_payloads(summary),
        "Handset": link["handset"],
        "Losses": link["losses"],
        "Phones": phones_text(link),
        "Environment": link["environment"] or "not considered: line of sight to the satellite",
        "Elevation mask": f"{link['min_elevation_deg']:g}°",
        "Services": ", ".join(link["services"]),
        "Limits": ", ".join(link["limits"]) or "none",
    }
    if scenario.get("beams"):
        terms["Beams"] = beams_text(scenario["beams"])
    return _terms(terms)


def assumptions_list(summary: Mapping[str, Any]) -> str:
    """Return the list of figures without a source, with reasons."""
    if not summary["assumptions"]:
        return "<p>None: every figure of this scenario has a source.</p>"
    return _terms(summary["assumptions"])


def sources(summary: Mapping[str, Any]) -> str:
    """Return inputs with their hashes, rejected element sets, software versions and attribution."""
    refused = summary["satellites"]["refused_sets"]
    parts = [_terms({f"{name}, SHA-256": digest for name, digest in summary["inputs_sha256"].items()})]
    if refused:
        rejected = [
            f"line {each['line']}, {each['name']}: {each['reason']}" for each in refused[:_MOST_REFUSED]
        ]
        more = len(refused) - len(rejected)
        rejected += [f"and {more:,} more, see summary.json"] if more else []
        parts += ["<p>Rejected element sets:</p>", _list(rejected)]
    versions = ", ".join(f"{name} {number}" for name, number in summary["versions"].items())
    parts.append(f"<p>Made with {escape(versions)}.</p><p>{escape(ATTRIBUTION)}.</p>")
    return "".join(parts)


def _terms(terms: Mapping[str, str]) -> str:
    pairs = (
        f"<div><dt>{escape(term)}</dt><dd>{escape(str(text))}</dd></div>" for term, text in terms.items()
    )
    return f"<dl>{''.join(pairs)}</dl>"


def _list(texts: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(_sentence(text))}</li>' for text in texts)}</ul>"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"


def _decibels(value: float | None) -> str:
    return "no figure" if value is None else f"{value:.1f} dB".replace("-", "−")
