"""Places by name: the municipalities of Italy, towns and islands around the Mediterranean."""

import csv
import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import cache
from heapq import nlargest

from d2c.errors import RegionError
from d2c.shipped import shipped

# Letters that Unicode does not split into a plain one and an accent.
_UNSPLIT = str.maketrans({"ı": "i", "đ": "d", "ħ": "h", "ł": "l", "ø": "o", "œ": "oe", "æ": "ae"})
_QUALIFIED = re.compile(r"(?P<name>.+?)\s*(?:,\s*(?P<after>[^,()]+)|\((?P<within>[^()]+)\))\s*")
_SUGGESTED = 3
_LIKE = 0.6  # difflib's own threshold for names that people take for one another
_ABOUT_AS_LIKE = 0.1  # with "Courmayeur" at hand nobody wants to read of "Colmar"


@dataclass(frozen=True, slots=True)
class Place:
    """A named point on the ellipsoid.

    `name` holds all spellings, parted by slashes, as in Bolzano/Bozen. `province` has two letters for the
    municipalities of Italy, whose point lies somewhere in their territory, and is empty for other places.
    `population` is None where the source has none.
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
    with (shipped("regions") / "places.csv").open(encoding="utf-8", newline="") as file:
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


def find_place(name: str) -> Place:
    """Return the place of this name, of several the one with the most inhabitants; errors as `places_named`."""
    return places_named(name)[0]


def places_named(name: str) -> tuple[Place, ...]:
    """Return all places of this name, the most populous first; at least one.

    Case, accents, spaces and punctuation do not matter. A province or a country may follow: `Livo, TN`,
    `Livo (TN)`, `Tripoli, Lebanon`. RegionError with the nearest names where there is none.
    """
    named = _by_key()
    if found := named.get(_key(name)):
        return found
    if qualified := _QUALIFIED.fullmatch(name.strip()):
        of_name = named.get(_key(qualified["name"]), ())
        where = _key(qualified["after"] or qualified["within"])
        if found := tuple(place for place in of_name if where in (_key(place.province), _key(place.country))):
            return found
        if of_name:
            raise RegionError(f"unknown place '{name}'; there are: {'; '.join(map(str, of_name))}")
    raise RegionError(
        f"unknown place '{name}'; {_nearest(_key(name))}latitude,longitude in degrees will do too, such as 41.9,12.5"
    )


@cache
def _by_key() -> dict[str, tuple[Place, ...]]:
    """Return the places by each of their spellings and by all together, the most populous of a key first."""
    found: dict[str, list[Place]] = {}
    for place in places():
        for key in {_key(spelling) for spelling in (place.name, *place.name.split("/"))}:
            found.setdefault(key, []).append(place)
    return {key: tuple(sorted(same, key=lambda p: -(p.population or 0))) for key, same in found.items()}


def _key(name: str) -> str:
    """Return a name's letters and digits without case and accents: `L'Aquila` -> `laquila`."""
    split = unicodedata.normalize("NFKD", name.casefold().translate(_UNSPLIT))
    return "".join(filter(str.isalnum, split.encode("ascii", "ignore").decode()))


def _nearest(key: str) -> str:
    """Return "did you mean 'x'? " for the names that hold the key as a word or are spelled like it, or nothing."""
    if not key:
        return ""
    named = _by_key()
    likeness = {
        near: SequenceMatcher(None, near, key).ratio()
        for near in get_close_matches(key, named, n=_SUGGESTED, cutoff=_LIKE)
    }
    likeness |= {k: 1.0 for k, same in named.items() if any(key in _words(place) for place in same)}
    best = nlargest(_SUGGESTED, likeness, key=lambda k: (likeness[k], named[k][0].population or 0))
    enough = likeness[best[0]] - _ABOUT_AS_LIKE if best else 0.0
    names = dict.fromkeys(named[k][0].name for k in best if likeness[k] >= enough)
    return f"did you mean {' or '.join(map(repr, names))}? " if names else ""


def _words(place: Place) -> set[str]:
    """Return the keys of the words in a place's name."""
    return {_key(word) for word in re.findall(r"\w+", place.name)}
