"""Links of a constellation whose satellites carry one or more payloads."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.link.budget import RadioLink


@dataclass(frozen=True, eq=False, slots=True)
class FlownPayloads:
    """Payloads of a constellation: names (P,) in order of priority, and the row of each satellite, index (S,)."""

    names: tuple[str, ...]
    index: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Check the rows and lock the array."""
        if self.index.size and not 0 <= self.index.min() <= self.index.max() < len(self.names):
            raise ValueError("index must hold rows of names")
        self.index.setflags(write=False)

    def take(self, keep: NDArray[np.bool_]) -> "FlownPayloads":
        """Return the payloads of the satellites to keep, (S,) bool; payloads of none are left out."""
        index = self.index[keep]
        flown, index = np.unique(index, return_inverse=True)
        return FlownPayloads(tuple(self.names[row] for row in flown), index.astype(np.int64))

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of satellites that carry each payload."""
        counts = np.bincount(self.index, minlength=len(self.names)).tolist()
        return dict(zip(self.names, counts, strict=True))


def payloads_text(counts: Mapping[str, int]) -> str:
    """Return payloads as text; the number of satellites follows each name where there are several payloads."""
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(
        f"{name} ({count:,} satellite{'' if count == 1 else 's'})" for name, count in counts.items()
    )


@dataclass(frozen=True, eq=False, slots=True)
class SatelliteLinks:
    """One link for each payload (P,), with the same handset and losses, and the payload of each satellite."""

    payloads: FlownPayloads
    links: tuple[RadioLink, ...]

    def __post_init__(self) -> None:
        """Check the number of links."""
        if len(self.links) != len(self.payloads.names) or not self.links:
            raise ValueError("links must hold one link for each payload")

    @classmethod
    def uniform(cls, payload: str, link: RadioLink, *, satellites: int) -> "SatelliteLinks":
        """Return the links of satellites that all carry one payload."""
        return cls(FlownPayloads((payload,), np.zeros(satellites, np.int64)), (link,))

    @property
    def first(self) -> RadioLink:
        """Return the link of the first payload."""
        return self.links[0]

    @property
    def by_name(self) -> dict[str, RadioLink]:
        """Return the link of each payload by name."""
        return dict(zip(self.payloads.names, self.links, strict=True))

    def of(self, satellite: int) -> RadioLink:
        """Return the link of one satellite (index into S)."""
        return self.links[int(self.payloads.index[satellite])]

    def payload_of(self, satellite: int) -> str:
        """Return the name of the payload of one satellite (index into S)."""
        return self.payloads.names[int(self.payloads.index[satellite])]
