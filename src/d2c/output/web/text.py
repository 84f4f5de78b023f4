"""The words of the page: what was asked, what came out, what it leaves out, where it comes from. Plain HTML.

Everything that comes from a file or a person passes through `escape`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from d2c.output.maps.basemap import ATTRIBUTION
from d2c.output.reports.network import assumed_of_beams_in_words, beams_in_words

_MOST_REFUSED = 20  # listed by name
_NAMED_SHARE = "0.99"
_MEANINGS = {
    "population": "People who live in the cell; outside Italy only those of larger places, at their centre.",
    "visible_fraction": "Share of the time with at least one satellite above the elevation mask.",
    "mean_visible": "Satellites above the elevation mask, on average over the span.",
    "max_visible": "The most satellites above the elevation mask at one moment.",
    "max_elevation_deg": "The highest that a satellite stood above the horizon.",
    "c_n_p05_db": "Signal over noise from the best satellite: lower than this in 5 % of the time with one in view.",
    "c_n_p50_db": "Signal over noise from the best satellite: half of the time with one in view is better.",
    "c_n_p95_db": "Signal over noise from the best satellite: higher than this in 5 % of the time with one in view.",
    "c_n_mean_db": "Signal over noise from the best satellite, on average over the time with one in view.",
    "c_in_p05_db": "Signal over noise and interference: lower than this in 5 % of the time with a beam.",
    "c_in_p50_db": "Signal over noise and interference: half of the time with a beam is better.",
    "c_in_p95_db": "Signal over noise and interference: higher than this in 5 % of the time with a beam.",
    "c_i_p50_db": "Signal over the other beams of the same frequency: half of the time with a beam is better.",
    "duty": "Share of the time in which a beam is on the place; beams are few and take turns.",
    "rate_p50_kbps": "What a whole beam carries to a handset there, half of the time with a beam; its users share it.",
    "handovers_per_hour": "How often a lit place changes from one satellite to another without a pause.",
    "throughput_mbps": "What the beam cell's users have together, on average over the whole span.",
    "kbps_per_person": "What each of those who use it at once has, on average over the whole span.",
    "blocked": "Share of the time in which a satellite is in reach, but has no beam left for the beam cell.",
    "pfd_max_dbw_m2_mhz": "The strongest sum at the ground of all beams of one frequency.",
    "beams_over": "Beams whose footprint lies over the middle of the cell, at one moment: as the hour begins.",
    "next_contact_min": "How long after the instant the place has its first contact.",
    "contact_min_per_hour": "How many minutes of an hour the place has contact, on average.",
    "all_sent_min": "How long until everybody of the beam cell has sent the messages.",
    "_availability": "Share of the time in which the link to the best satellite closes, with free sight of it.",
    "_probability": "Chance that the link closes at a random moment, with shadowing and blocked sight counted in.",
    "_longest_gap_s": "The longest time without the service, in whole steps.",
    "_within_1min": "Chance that somebody who starts at a random moment has the service within a minute.",
    "_within_5min": "Chance that somebody who starts at a random moment has the service within 5 minutes.",
    "_within_15min": "Chance that somebody who starts at a random moment has the service within 15 minutes.",
    "_within_60min": "Chance that somebody who starts at a random moment has the service within an hour.",
    "_mean_wait_s": "How long somebody who starts at a random moment waits for the service, on average.",
    "_margin_p50_db": "What is left over the requirement half of the time with a satellite in view; below 0 it fails.",
    "_limit_margin_db": "How far the strongest signal of the span stayed below the limit; below 0 it went over.",
}


# where they differ once beams are few, interfere and are shared
_LOADED_MEANINGS = {
    "_availability": "Share of the time with a beam whose link closes over noise and interference, in free sight.",
    "_margin_p50_db": "What is left over the requirement half of the time with a beam; below 0 it fails.",
    "_limit_margin_db": "How far all beams of one frequency together stayed below the limit; below 0 they went over.",
}


def meaning(column: str, *, loaded: bool = False) -> str:
    """Return in a sentence what a column says; `loaded`: of a network with beams."""
    meanings = _MEANINGS | _LOADED_MEANINGS if loaded else _MEANINGS
    endings = [ending for ending in meanings if column.endswith(ending)]
    return meanings[max(endings, key=len)] if endings else ""


def beams_told(beams: int, satellites: int) -> str:
    """Return in a sentence what the footprints on the map are."""
    return (
        f"{beams:,} beams of {satellites:,} satellites are lit, here and in the margin around: ellipses within which "
        "the gain is at most 3 dB below its highest, a colour for each satellite."
    )


def span_text(start_utc: str, end_utc: str) -> str:
    """Return two instants (ISO 8601, UTC) as people read them: 22 Aug 2026, 18:00 to 19:00 UTC."""
    start, end = (datetime.fromisoformat(text).astimezone(UTC) for text in (start_utc, end_utc))
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{_date(end)}, {end:%H:%M}"
    return f"{_date(start)}, {start:%H:%M} to {until} UTC"


def instant_text(utc: str) -> str:
    """Return an instant (ISO 8601, UTC) as people read it: 22 Aug 2026, 18:00:00 UTC."""
    instant = datetime.fromisoformat(utc).astimezone(UTC)
    return f"{_date(instant)}, {instant:%H:%M:%S} UTC"


def _date(instant: datetime) -> str:
    # Not %b, which speaks the language of the machine.
    month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][
        instant.month - 1
    ]
    return f"{instant.day} {month} {instant.year}"


def subtitle(summary: Mapping[str, Any]) -> str:
    """Return what and when in a line."""
    region, satellites = summary["region"], summary["satellites"]
    return escape(
        f"{span_text(summary['start_utc'], summary['end_utc'])}, every {summary['scenario']['time']['step_s']:g} s. "
        f"{satellites['used']:,} satellites, {region['cells']:,} cells, {region['area_km2']:,.0f} km²."
    )


def services_table(summary: Mapping[str, Any]) -> str:
    """Return a row per service: what the region has over the whole span."""
    heads = (
        "Service",
        "Available, of area and time",
        "Area that has it 99 % of the time",
        "Longest gap anywhere",
        "Wait, on average",
        "Margin, median",
    )
    rows = []
    for name, service in summary["services"].items():
        cells = (
            _percent(service["availability"]),
            _percent(service["area_share_available"][_NAMED_SHARE]),
            _duration(service["longest_gap_s"]),
            _duration(service["mean_wait_s"]),
            _decibels(service["margin_p50_db"]),
        )
        figures = "".join(
            f'<td data-name="{head}">{escape(text)}</td>' for head, text in zip(heads[1:], cells, strict=True)
        )
        service_name = escape(_sentence(name.replace("_", " ")))
        rows.append(f'<tr><th scope="row">{service_name}</th>{figures}</tr>')
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def answers(summary: Mapping[str, Any]) -> str:
    """Return in a sentence whether and when the handset gets through, for each service that differs."""
    found: dict[str, list[str]] = {}
    for name, service in summary["services"].items():
        told = (
            f"in {_percent(service['availability'])} of area and time, nowhere with a gap longer than "
            f"{_duration(service['longest_gap_s'])}."
        )
        found.setdefault(told, []).append(name.replace("_", " "))
    return " ".join(
        f"<strong>{escape(_sentence(' and '.join(names)))}</strong> get{'s' if len(names) == 1 else ''} through "
        f"{escape(told)}"
        for told, names in found.items()
    )


def cautions(summary: Mapping[str, Any]) -> str:
    """Return what a reader must know before believing the map: what is left out, orbits, warnings."""
    left_out, warnings = summary["not_modelled"], summary["warnings"]
    parts = []
    beams = summary["scenario"].get("beams")
    if beams:
        parts.append(f"<p><strong>Read this as one plausible network.</strong> {escape(_loaded(beams))}</p>")
    if left_out:
        told = " ".join(f"{_sentence(text)}." for text in left_out)
        head = "Not modelled." if beams else "Read this as the best case."
        parts.append(f"<p><strong>{head}</strong> {escape(told)}</p>")
    parts.append(f"<p>{_orbits(summary)}</p>")
    if warnings:
        parts.append(f"<p><strong>Warnings of this run:</strong></p>{_list(warnings)}")
    return "".join(parts)


def _loaded(beams: Mapping[str, Any]) -> str:
    """Return what the margins are over, and what of the beams is assumed."""
    assumed = escape(assumed_of_beams_in_words(beams))
    return (
        "Services are over C/(I+N): noise, and the other beams of all satellites on the same frequency. Assumed, "
        f"since no operator publishes it: {assumed}. All that is assumed stands below, with the reasons."
    )


def _orbits(summary: Mapping[str, Any]) -> str:
    """Return in a sentence what the orbits rest on."""
    satellites = summary["satellites"]
    if not summary["scenario"]["constellation"]["elements"]:
        return "The orbits are nominal, a regular pattern: no real satellite flies exactly so."
    kind = "nominal ones that stand in for the real satellites, " if satellites["nominal"] else "those of "
    return (
        f"The orbits are {kind}<q>{escape(satellites['source'])}</q>, {satellites['median_age_days']:.1f} days old at "
        f"the start (median; the oldest {satellites['oldest_age_days']:.1f})."
    )


def scenario_list(summary: Mapping[str, Any]) -> str:
    """Return what was asked, term by term."""
    scenario, satellites, region = summary["scenario"], summary["satellites"], summary["region"]
    link, grid, area = scenario["link"], scenario["grid"], scenario["region"]
    cells = (
        f"H3 resolution {grid['resolution']}" if grid["kind"] == "h3" else f"boxes of {grid['step_deg']:g}°"
    )
    around = f", with {area['buffer_km']:g} km around" if area["buffer_km"] else ""
    left_out = (f"{satellites[key]} {key}" for key in ("refused", "duplicates", "lost"))
    terms = {
        "Time": span_text(summary["start_utc"], summary["end_utc"]),
        "Step": f"{scenario['time']['step_s']:g} s",
        "Satellites": f"{satellites['used']:,} of {satellites['source']}",
        "Shells": "; ".join(satellites["shells"]),
        "Left out": ", ".join(left_out),
        "Area": f"{Path(area['area']).name}, {area['surface']}{around}",
        "Cells": f"{region['cells']:,}, {cells}",
        "Satellite radio": link["payload"],
        "Handset": link["handset"],
        "Losses": link["losses"],
        "Surroundings": link["environment"] or "not considered: free sight of the satellite",
        "Elevation mask": f"{link['min_elevation_deg']:g}°",
        "Services": ", ".join(link["services"]),
        "Limits": ", ".join(link["limits"]) or "none asked for",
    }
    if scenario.get("beams"):
        terms["Beams"] = beams_in_words(scenario["beams"])
    return _terms(terms)


def assumptions_list(summary: Mapping[str, Any]) -> str:
    """Return the figures that no source gives, with the reason."""
    if not summary["assumptions"]:
        return "<p>None: every figure of this scenario has a source.</p>"
    return _terms(summary["assumptions"])


def sources(summary: Mapping[str, Any]) -> str:
    """Return inputs with their hashes, refused element sets, programs and attribution."""
    refused = summary["satellites"]["refused_sets"]
    parts = [_terms({f"{name}, SHA-256": digest for name, digest in summary["inputs_sha256"].items()})]
    if refused:
        told = [f"line {each['line']}, {each['name']}: {each['reason']}" for each in refused[:_MOST_REFUSED]]
        more = len(refused) - len(told)
        told += [f"and {more:,} more, see summary.json"] if more else []
        parts += ["<p>Element sets that were refused:</p>", _list(told)]
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


def _percent(share: float) -> str:
    """Return a share in per cent that says 100 only of all."""
    text = f"{100 * share:.2f} %"
    if text == "100.00 %" and share < 1:
        return "> 99.99 %"
    return "< 0.01 %" if text == "0.00 %" and share > 0 else text


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _decibels(value: float | None) -> str:
    return "no figure" if value is None else f"{value:.1f} dB".replace("-", "−")
