"""Subtitle and caption of maps, from the content of summary.json."""

from collections.abc import Mapping
from typing import Any

from d2c.link.satellite_links import payloads_text
from d2c.local_time import shown_minute
from d2c.output.reports.headline import headline, network_text
from d2c.output.reports.network import beam_assumptions_text, beam_options_text
from d2c.output.reports.phones import ground_text


def run_subtitle(summary: dict[str, Any]) -> str:
    """Return the subtitle of maps, from the content of summary.json: the headline, span and time step."""
    time, start = summary["scenario"]["time"], shown_minute(summary["start_utc"])
    start = "\u00a0".join(start.rsplit(" ", 1))
    first = headline(summary)
    span = f"{time['duration_h']:g}\u00a0h from {start}, every {time['step_s']:g}\u00a0s"
    return f"{first[:1].upper()}{first[1:]}. {span}"


def run_caption(summary: dict[str, Any]) -> str:
    """Return the caption of maps: satellites, link, assumptions and limitations, from the content of summary.json."""
    link, satellites, beams = (
        summary["scenario"]["link"],
        summary["satellites"],
        summary["scenario"].get("beams"),
    )
    # folders written before there were two rules do not name one
    rule = link.get("service_rule", "bits")
    services = "" if rule == "bits" else f", required C/N {rule}"
    warnings = " ".join(f"{warning[:1].upper()}{warning[1:]}." for warning in summary["warnings"])
    return (
        f"{satellites['used']:,} satellites of {satellites['source']} above {link['min_elevation_deg']:g}\u00a0deg. "
        f"Payload {run_payloads(summary)}, {ground_text(link)}{services}; {network_text(beams)}. "
        f"{_beam_sentences(beams)}"
        f"Not modelled: {'; '.join(summary['not_modelled'])}. {warnings}"
    ).strip()


def run_payloads(summary: Mapping[str, Any]) -> str:
    """Return the payloads of the satellites as text; numbers of satellites where there are several payloads."""
    satellites = summary["satellites"]
    # folders written before runs could have several payloads name the one of the link only
    return payloads_text(
        satellites.get("payloads") or {summary["scenario"]["link"]["payload"]: satellites["used"]}
    )


def _beam_sentences(beams: dict[str, Any] | None) -> str:
    """Return the assumptions and options of a scenario's beams as sentences, each followed by a space."""
    if beams is None:
        return ""
    options = beam_options_text(beams)
    return f"Assumed, since not published: {beam_assumptions_text(beams)}. " + (
        f"Beams {options}. " if options else ""
    )
