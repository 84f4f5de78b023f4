"""Radio telescopes by name, for exclusion zones of the beams."""

import csv
from dataclasses import dataclass
from functools import cache

from d2c.shipped import shipped_folder


@dataclass(frozen=True, slots=True)
class Telescope:
    """A radio telescope, a point on the ellipsoid."""

    name: str
    title: str
    latitude_deg: float
    longitude_deg: float


@cache
def telescopes() -> dict[str, Telescope]:
    """Return the telescopes that ship with the project, by name; the file is read once."""
    with (shipped_folder("regions") / "radio-telescopes.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["name"]: Telescope(
                row["name"], row["title"], float(row["latitude_deg"]), float(row["longitude_deg"])
            )
            for row in csv.DictReader(file)
        }
