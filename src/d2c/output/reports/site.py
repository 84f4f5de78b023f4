"""What reports about one place begin with, and how they print instants and spans of time."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from d2c.orbit.epoch import element_age_days
from d2c.region.gazetteer import Place
from d2c.results.format.rounding import decimals_of
from d2c.site.inputs import SiteInputs

NOISE_ONLY = (
    "Margins are over noise alone, without interference and the operator's choice of satellites and beams."
)
WITHOUT_BEAMS = (
    "The scenario's beams, their turns and their interference are left out here: margins are over noise alone, the "
    "most that a beam could give."
)
NOMINAL = "These satellites are nominal: good for how often and how long, not for when a certain one passes."


@dataclass(frozen=True, slots=True)
class SiteName:
    """A point on the ground: what people call it, what files call it, and its entry if it was given by name."""

    label: str
    file_stem: str
    latitude_deg: float
    longitude_deg: float
    place: Place | None


def about(name: SiteName, inputs: SiteInputs) -> dict[str, Any]:
    """Return place, link and elements for JSON; what does not exist is None."""
    link, satellites = inputs.scenario.link, inputs.satellites
    entry = name.place
    age_days = float(np.median(element_age_days(satellites.constellation, satellites.start)))
    return {
        "place": {
            "name": entry.name if entry else None,
            "province": (entry.province or None) if entry else None,
            "country": entry.country if entry else None,
            "population": entry.population if entry else None,
            "latitude_deg": name.latitude_deg,
            "longitude_deg": name.longitude_deg,
        },
        "title": inputs.scenario.title,
        "start_rule": start_rule(inputs),
        "min_elevation_deg": link.min_elevation_deg,
        "payload": link.payload,
        "handset": link.handset,
        "losses": link.losses,
        "environment": link.environment,
        "elements": {
            "source": satellites.constellation.source,
            "satellites": len(satellites.constellation),
            "median_age_days": round(age_days, 3),
            "nominal": inputs.nominal,
        },
        "notes": notes(inputs),
        "warnings": list(satellites.warnings),
    }


def notes(inputs: SiteInputs) -> list[str]:
    """Return what a reader must know to take the figures for what they are."""
    over_noise = WITHOUT_BEAMS if inputs.scenario.beams else NOISE_ONLY
    return [over_noise, *([NOMINAL] if inputs.nominal else [])]


def start_rule(inputs: SiteInputs) -> str:
    """Return why the time begins when it does."""
    start = inputs.scenario.time.start
    if start == "epoch":
        return "median epoch of the elements, to the hour"
    return "now" if start == "now" else "as asked"


def head_lines(name: SiteName, inputs: SiteInputs) -> list[str]:
    """Return the first lines of a report on a terminal: where, which satellites, which link."""
    link, constellation = inputs.scenario.link, inputs.satellites.constellation
    environment = f", environment {link.environment}" if link.environment else ""
    where = f" at {name.latitude_deg:.4f}, {name.longitude_deg:.4f}" if name.place else ""
    satellites = (
        f"{len(constellation):,} satellites of {constellation.source}, mask {link.min_elevation_deg:g} deg"
    )
    ends = f"{link.payload} to {link.handset}, losses {link.losses}{environment}"
    return [f"{name.label}{where}: {inputs.scenario.title}", f"{satellites}; {ends}"]


def tenths_text(instant: np.datetime64 | None) -> str | None:
    """Return an instant as ISO 8601 with Z, rounded to 0.1 s; None for None."""
    if instant is None:
        return None
    us = int(instant.astype("datetime64[us]").astype(np.int64))
    rounded = np.datetime64((us + 50_000) // 100_000 * 100_000, "us")
    return f"{str(rounded)[:21]}Z"


def clock_text(iso: str | None, *, missing: str) -> str:
    """Return the time of day of an ISO text."""
    return missing if iso is None else iso[11:].removesuffix("Z")


def length_text(seconds: float) -> str:
    """Return a span of time as minutes and seconds, 3:08.1, with hours before them where there are any."""
    minutes, tenths = divmod(round(seconds * 10), 600)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{tenths / 10:04.1f}" if hours else f"{minutes}:{tenths / 10:04.1f}"


def plain(column: str, value: float) -> float | None:
    """Return a figure for JSON, rounded as everywhere; None for NaN."""
    return None if np.isnan(value) else round(float(value), decimals_of(column)) + 0.0
