"""Common header, caveats and time formats of the reports about one site."""

from typing import Any

import numpy as np

from d2c.link.satellite_links import payloads_text
from d2c.local_time import shown_instant
from d2c.orbit.epoch import element_age_days
from d2c.output.reports.headline import BEST_CASE
from d2c.results.column_lookup import decimals_of
from d2c.site.inputs import SiteInputs

NOISE_ONLY = (
    "Best case: margins are over noise alone, without interference, time sharing and the operator's choice of "
    "satellite and beam."
)
NOMINAL = (
    "These satellites are nominal: valid for how often and how long, not for when a particular one passes."
)


def site_metadata(inputs: SiteInputs) -> dict[str, Any]:
    """Return site, link and element data for JSON; missing values are None."""
    link, satellites = inputs.scenario.link, inputs.satellites
    entry = inputs.site.place
    age_days = float(np.median(element_age_days(satellites.constellation, satellites.start)))
    return {
        "place": {
            "name": entry.name if entry else None,
            "province": (entry.province or None) if entry else None,
            "country": entry.country if entry else None,
            "population": entry.population if entry else None,
            "latitude_deg": inputs.site.latitude_deg,
            "longitude_deg": inputs.site.longitude_deg,
        },
        "title": inputs.scenario.title,
        "served_by": BEST_CASE,
        "start_rule": start_rule(inputs),
        "min_elevation_deg": link.min_elevation_deg,
        "payloads": satellites.payloads.counts,
        "handset": link.handset,
        "losses": link.losses,
        "environment": link.environment,
        "elements": {
            "source": satellites.constellation.source,
            "satellites": len(satellites.constellation),
            "median_age_days": round(age_days, 3),
            "nominal": inputs.nominal,
        },
        "notes": site_notes(inputs),
        "warnings": list(satellites.warnings),
    }


def site_notes(inputs: SiteInputs) -> list[str]:
    """Return the caveats that apply to the figures."""
    return [NOISE_ONLY, *([NOMINAL] if inputs.nominal else [])]


def start_rule(inputs: SiteInputs) -> str:
    """Return how the start time was chosen."""
    start = inputs.scenario.time.start
    if start == "epoch":
        return "median epoch of the elements, to the hour"
    return "now" if start == "now" else "as given"


def header_lines(inputs: SiteInputs) -> list[str]:
    """Return the header lines of a terminal report: site, satellites, link."""
    link, constellation = inputs.scenario.link, inputs.satellites.constellation
    environment = f", environment {link.environment}" if link.environment else ""
    position = (
        f" at {inputs.site.latitude_deg:.4f}, {inputs.site.longitude_deg:.4f}" if inputs.site.place else ""
    )
    satellites = (
        f"{len(constellation):,} satellites of {constellation.source}, mask {link.min_elevation_deg:g} deg"
    )
    payloads = payloads_text(inputs.satellites.payloads.counts)
    ends = f"{payloads} to {link.handset}, losses {link.losses}{environment}"
    if link.operating == "measured":
        ends += ", levels as measured"
    lines = [f"{inputs.site.label}{position}: {inputs.scenario.title}; {BEST_CASE}", f"{satellites}; {ends}"]
    return [*lines, f"one phone in line of sight, not the mix '{link.phones}'"] if link.phones else lines


def tenths_text(instant: np.datetime64 | None) -> str | None:
    """Format an instant as ISO 8601 with Z, rounded to 0.1 s; None for None."""
    if instant is None:
        return None
    us = int(instant.astype("datetime64[us]").astype(np.int64))
    rounded = np.datetime64((us + 50_000) // 100_000 * 100_000, "us")
    return f"{str(rounded)[:21]}Z"


def clock_text(iso: str | None, *, missing: str) -> str:
    """Return the time of day of a text of `utc_text` as it is shown."""
    return missing if iso is None else shown_instant(iso)[11 : len(iso) - 1]


def duration_text(seconds: float) -> str:
    """Format a duration as minutes and seconds, 3:08.1, with leading hours if there are any."""
    minutes, tenths = divmod(round(seconds * 10), 600)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{tenths / 10:04.1f}" if hours else f"{minutes}:{tenths / 10:04.1f}"


def rounded_figure(column: str, value: float) -> float | None:
    """Round a figure by the table of columns.py, for JSON; None for NaN."""
    return None if np.isnan(value) else round(float(value), decimals_of(column)) + 0.0
