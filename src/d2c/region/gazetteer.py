"""Gazetteer: look up places by name (Italian municipalities, towns and islands around the Mediterranean)."""

import csv
import re
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import cache
from heapq import nlargest

from d2c.errors import RegionError
from d2c.names import slug
from d2c.shipped import shipped_folder

_QUALIFIED = re.compile(r"(?P<name>.+?)\s*(?:,\s*(?P<after>[^,()]+)|\((?P<within>[^()]+)\))\s*")
_SUGGESTED = 3
_MIN_SIMILARITY = 0.6  # difflib's default threshold for close matches
# of the countries with places: who mistypes London does not mean Lod
_CONTINENTS = {
    "Africa": {"Algeria", "Egypt", "Libya", "Morocco", "Tunisia"},
    "Asia": {"Cyprus", "Israel", "Lebanon", "Palestine", "Syria", "Turkey"},
}
_SIMILARITY_RANGE = 0.1  # a match as close as "Courmayeur" excludes "Colmar"


@dataclass(frozen=True, slots=True)
class Place:
    """A named point on the ellipsoid.

    `name` holds all spellings, separated by slashes, as in Bolzano/Bozen. `province` is a two-letter code for the
    municipalities of Italy, whose point is that of the town where it is known, and else lies within their territory;
    it is empty for other places. `population` is None where the source gives none.
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    country: str
    province: str
    population: int | None

    def __str__(self) -> str:
        """Return for example "Courmayeur (AO), Italy"."""
        return f"{self.name}{f' ({self.province})' if self.province else ''}, {self.country}"


@cache
def places() -> tuple[Place, ...]:
    """Return all places that ship with the project; the file is read once."""
    with (shipped_folder("regions") / "places.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Place(
                row["name"],
                float(row["latitude_deg"]),
                float(row["longitude_deg"]),
                row["country"],
                row["province"],
                int(row["population"]) if row["population"] else None,
            )
            for row in csv.DictReader(file)
        )


def places_named(name: str) -> tuple[Place, ...]:
    """Return all places with this name, the most populous first; at least one.

    Case, accents, spaces and punctuation are ignored. A province or a country may follow: `Livo, TN`,
    `Livo (TN)`, `Tripoli, Lebanon`. RegionError with the nearest names if there is none.
    """
    by_key = _places_by_key()
    if matches := by_key.get(_key(name)):
        return matches
    if qualified := _QUALIFIED.fullmatch(name.strip()):
        of_name = by_key.get(_key(qualified["name"]), ())
        where = _key(qualified["after"] or qualified["within"])
        if matches := tuple(
            place for place in of_name if where in (_key(place.province), _key(place.country))
        ):
            return matches
        if of_name:
            raise RegionError(f"unknown place '{name}'; there are: {'; '.join(map(str, of_name))}")
    raise RegionError(
        f"unknown place '{name}'; {_nearest(_key(name))}"
        "latitude,longitude in degrees is also accepted, such as 41.9,12.5"
    )


@cache
def _places_by_key() -> dict[str, tuple[Place, ...]]:
    """Return the places by the key of each spelling and of the full name, the most populous of a key first."""
    by_key: dict[str, list[Place]] = {}
    for place in places():
        for key in {_key(spelling) for spelling in (place.name, *place.name.split("/"))}:
            by_key.setdefault(key, []).append(place)
    return {key: tuple(sorted(same, key=lambda p: -(p.population or 0))) for key, same in by_key.items()}


def _key(name: str) -> str:
    """Return a name's slug as one word, since places are written with and without spaces: `L'Aquila` -> `laquila`."""
    return slug(name).replace("-", "")


def _nearest(key: str) -> str:
    """Return "did you mean 'x'? " for names that contain the key as a word or are similar to it, else ""."""
    if not key:
        return ""
    by_key = _places_by_key()
    similarity = {
        near: SequenceMatcher(None, near, key).ratio()
        for near in get_close_matches(key, by_key, n=_SUGGESTED, cutoff=_MIN_SIMILARITY)
    }
    similarity |= {k: 1.0 for k, same in by_key.items() if any(key in _words(place) for place in same)}
    best = nlargest(_SUGGESTED, similarity, key=lambda k: (similarity[k], by_key[k][0].population or 0))
    threshold = similarity[best[0]] - _SIMILARITY_RANGE if best else 0.0
    near = [by_key[k][0] for k in best if similarity[k] >= threshold]
    names = dict.fromkeys(place.name for place in near if _continent(place) == _continent(near[0]))
    return f"did you mean {' or '.join(map(repr, names))}? " if names else ""


def _continent(place: Place) -> str:
    return next((name for name, countries in _CONTINENTS.items() if place.country in countries), "Europe")


def _words(place: Place) -> set[str]:
    """Return the keys of the words in a place's name."""
    return {_key(word) for word in re.findall(r"\w+", place.name)}
