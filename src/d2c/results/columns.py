"""What each column of the layer is called, in which unit people read it, and its classes on a map.

Pictures, QGIS styles and pages take labels, limits and colours from this one table, so that they agree.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from d2c.coverage.statistics.waiting import COLUMN_WAITS_S
from d2c.errors import ResultError, did_you_mean

# Colours that stay apart for colour-blind readers and in grey print.
_MORE_IS_BETTER = {  # viridis (matplotlib, CC0) in 7 and 8 steps, dark = little
    7: ("#440154", "#443983", "#31688e", "#21918c", "#35b779", "#90d743", "#fde725"),
    8: ("#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725"),
}
_MORE_IS_WORSE = {  # YlOrRd (ColorBrewer 2.0, Apache-2.0) in 7 and 8 steps, dark = long
    7: ("#fffbc2", "#fee289", "#feb953", "#fd863a", "#f13824", "#c80723", "#800026"),
    8: ("#fffbc2", "#ffe691", "#fec863", "#fd9d43", "#fc6330", "#e8241f", "#c10325", "#800026"),
}
# RdBu of ColorBrewer 2.0 without its two palest steps, which vanish on light land and sea: red = not enough.
_AROUND_ZERO = ("#67001f", "#b2182b", "#d6604d", "#f4a582", "#92c5de", "#4393c3", "#2166ac", "#053061")


# The same with a pale middle for what did not change; blue is better.
_CHANGE = ("#b2182b", "#ef8a62", "#fddbc7", "#f7f7f7", "#d1e5f0", "#67a9cf", "#2166ac")
_CHANGE_LIMITS = {  # ends of the scale, by unit
    "%": 10.0,
    "dB": 3.0,
    "min": 10.0,
    "°": 10.0,
    "": 3.0,
    "dBW/m²/MHz": 3.0,
    "Mbit/s": 1.0,
    "kbit/s": 1.0,
    "per hour": 10.0,
}

OF_ALL_BEAMS = "pfd_max_dbw_m2_mhz"  # where this column is, margins to limits are those of all beams together


@dataclass(frozen=True, slots=True)
class Quantity:
    """One column as people read it: `shown = stored * factor` in `unit`, in classes cut at `limits`.

    Class 0 lies below the first limit, class k at or above limit k - 1: open at both ends, so that every
    number has a class. `colours` has one entry per class.
    """

    label: str
    unit: str
    limits: tuple[float, ...]
    colours: tuple[str, ...]
    factor: float = 1.0
    whole: bool = False  # counts, whose classes read "2-3" and not "2-4"

    @property
    def title(self) -> str:
        """Return the label with the unit: Longest gap, text (min)."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def shown(self, stored: np.ndarray) -> np.ndarray:
        """Return stored values in the unit shown, same shape."""
        # Nine decimals undo what the factor adds: 0.29 * 100 = 28.999999999999996 belongs to 29.
        return np.round(np.asarray(stored, dtype=np.float64) * self.factor, 9)

    def classes(self, stored: np.ndarray) -> np.ndarray:
        """Return the class of each stored value, -1 where it is NaN."""
        shown = self.shown(stored)
        return np.where(np.isnan(shown), -1, np.searchsorted(self.limits, shown, side="right"))

    def class_labels(self) -> tuple[str, ...]:
        """Return the text of each class without the unit: "< 50", "50-80" (with a dash), ">= 99.9"."""
        low, high = self.limits[0], self.limits[-1]
        between = [self._between(a, b) for a, b in zip(self.limits, self.limits[1:], strict=False)]
        first = f"{low - 1:g}" if self.whole and low == 1 else f"< {_number(low)}"
        return (first, *between, f"≥ {_number(high)}")

    def _between(self, low: float, high: float) -> str:
        if not self.whole:
            dash = "–" if low >= 0 else " to "
            return f"{_number(low)}{dash}{_number(high)}"
        return f"{low:,g}" if high - low == 1 else f"{low:,g}–{high - 1:,g}"


def _number(value: float) -> str:
    """Return a limit as printed, with a true minus."""
    return f"{value:,g}".replace("-", "−")


def quantity(column: str) -> Quantity:
    """Return the entry of a column; raises ResultError with a suggestion for one that has no map."""
    known = quantities([column])
    if known:
        return known[column]
    service = column.split("_")[0] or "NAME"
    names = [*_OF_A_CELL, *(service + ending for ending in _OF_A_SERVICE)]
    raise ResultError(f"the column {column!r} cannot be drawn as a map{did_you_mean(column, names)}")


def first_to_show(columns: Iterable[str]) -> str:
    """Return the column that a layer's first map shows: of a loaded network its C/(I+N), else the first availability.

    A loaded network gives turns, and its availability hardly differs from place to place.
    """
    columns = list(columns)
    if "c_in_p50_db" in columns:
        return "c_in_p50_db"
    return next(name for name in columns if name.endswith("_availability"))


def quantities(columns: Iterable[str]) -> dict[str, Quantity]:
    """Return the entries of those columns that have one, in the order given.

    Give all columns of a layer: what a margin to a limit is one of depends on the others.
    """
    columns = list(columns)
    found: dict[str, Quantity] = {}
    for column in columns:
        of = column.removesuffix("_change")
        if of != column and (known := quantities([of])):
            found[column] = _change(known[of])
        if column in _OF_A_CELL:
            found[column] = _OF_A_CELL[column]
        for ending, entry in _OF_A_SERVICE.items():
            service = column.removesuffix(ending)
            label = _LOADED_LIMIT if ending == _LIMIT and OF_ALL_BEAMS in columns else entry.label
            if service not in ("", column):
                found[column] = replace(entry, label=f"{label}, {service.replace('_', ' ')}")
    return found


# The classes of shares are narrow near 100 %: an hour without service in a day is already 95.8 %.
_SHARE_LIMITS = (50.0, 80.0, 90.0, 95.0, 99.0, 99.9)
_C_N_LIMITS = (-10.0, -5.0, 0.0, 5.0, 10.0, 15.0, 20.0)
_C_IN_LIMITS = (-5.0, -2.0, 0.0, 2.0, 5.0, 10.0, 15.0)  # where loaded networks are


def _change(of: Quantity) -> Quantity:
    """Return how the change of a quantity is shown: classes around zero, blue for the better."""
    end = _CHANGE_LIMITS[of.unit]
    limits = tuple(round(end * part, 9) for part in (-1.0, -0.1, -0.01, 0.01, 0.1, 1.0))
    colours = _CHANGE if of.colours[0] not in (_MORE_IS_WORSE[7][0], _MORE_IS_WORSE[8][0]) else _CHANGE[::-1]
    return Quantity(
        f"Change of {of.label[:1].lower()}{of.label[1:]}",
        "points" if of.unit == "%" else of.unit,
        limits,
        colours,
        of.factor,
    )


def _share(label: str) -> Quantity:
    return Quantity(label, "%", _SHARE_LIMITS, _MORE_IS_BETTER[7], factor=100.0)


def _c_n(label: str) -> Quantity:
    return Quantity(f"Downlink C/N, {label}", "dB", _C_N_LIMITS, _MORE_IS_BETTER[8])


def _c_in(label: str) -> Quantity:
    return Quantity(f"Downlink C/(I+N), {label}", "dB", _C_IN_LIMITS, _MORE_IS_BETTER[8])


_OF_A_CELL = {
    "population": Quantity(
        "People per cell",
        "",
        (1.0, 100.0, 1000.0, 5000.0, 10_000.0, 50_000.0, 100_000.0),
        _MORE_IS_BETTER[8],
        whole=True,
    ),
    "visible_fraction": _share("Time with a satellite in view"),
    "mean_visible": Quantity(
        "Satellites in view, mean", "", (0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0), _MORE_IS_BETTER[8]
    ),
    "max_visible": Quantity(
        "Satellites in view, most at once",
        "",
        (1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0),
        _MORE_IS_BETTER[8],
        whole=True,
    ),
    "max_elevation_deg": Quantity(
        "Highest elevation reached", "°", (25.0, 40.0, 50.0, 60.0, 70.0, 80.0), _MORE_IS_BETTER[7]
    ),
    "c_n_p05_db": _c_n("5th percentile of the time in view"),
    "c_n_p50_db": _c_n("median of the time in view"),
    "c_n_p95_db": _c_n("95th percentile of the time in view"),
    "c_in_p05_db": _c_in("5th percentile of the time with a beam"),
    "c_in_p50_db": _c_in("median of the time with a beam"),
    "c_in_p95_db": _c_in("95th percentile of the time with a beam"),
    "c_i_p50_db": Quantity(
        "Downlink C/I, median of the time with a beam", "dB", _C_IN_LIMITS, _MORE_IS_BETTER[8]
    ),
    "duty": Quantity(
        "Time with a beam",
        "%",
        (5.0, 10.0, 15.0, 20.0, 25.0, 35.0, 50.0),
        _MORE_IS_BETTER[8],
        factor=100.0,
    ),
    "rate_p50_kbps": Quantity(
        "Bit rate of a beam, median",
        "Mbit/s",
        (0.5, 1.0, 2.0, 3.0, 5.0, 8.0),
        _MORE_IS_BETTER[7],
        factor=1e-3,
    ),
    "handovers_per_hour": Quantity(
        "Handovers between satellites", "per hour", (1.0, 5.0, 10.0, 20.0, 40.0, 60.0), _MORE_IS_WORSE[7]
    ),
    "pfd_max_dbw_m2_mhz": Quantity(
        "Highest power flux density of all beams together",
        "dBW/m²/MHz",
        (-90.0, -85.0, -80.0, -78.0, -76.0, -74.0, -72.0),
        _MORE_IS_WORSE[8],
    ),
    "throughput_mbps": Quantity(
        "Throughput of a beam cell, mean", "Mbit/s", (0.2, 0.4, 0.5, 0.6, 0.8, 1.2, 2.5), _MORE_IS_BETTER[8]
    ),
    "kbps_per_person": Quantity(
        "Bit rate of each active person", "kbit/s", (0.1, 0.5, 1.0, 5.0, 20.0, 100.0), _MORE_IS_BETTER[7]
    ),
    "blocked": Quantity(
        "Time without a free beam", "%", (5.0, 20.0, 40.0, 60.0, 80.0, 95.0), _MORE_IS_WORSE[7], factor=100.0
    ),
    "beams_over": Quantity(  # at an instant, on the page
        "Beams over the place as the hour begins",
        "",
        (1.0, 2.0, 3.0, 4.0, 6.0, 8.0),
        ("#ffffff", "#ececec", "#d6d6d6", "#bdbdbd", "#969696", "#6e6e6e", "#484848"),
        whole=True,
    ),
    # of a disaster
    "next_contact_min": Quantity(
        "First contact after the instant", "min", (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 180.0), _MORE_IS_WORSE[8]
    ),
    "contact_min_per_hour": Quantity(
        "Contact in an hour", "min", (1.0, 3.0, 6.0, 15.0, 30.0, 55.0), _MORE_IS_BETTER[7]
    ),
    "all_sent_min": Quantity(
        "Until everybody has sent", "min", (30.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0), _MORE_IS_WORSE[8]
    ),
    "c_n_mean_db": _c_n("mean of the time in view"),  # of an hour, in the layer that plays the day
}
_LIMIT = "_limit_margin_db"
_LOADED_LIMIT = "Smallest margin of all beams together to the limit"
_OF_A_SERVICE = {
    "_availability": _share("Availability"),
    "_probability": _share("Probability under shadowing"),
    **{
        f"_{ending}": _share(f"Served within {wait_s // 60} min") for ending, wait_s in COLUMN_WAITS_S.items()
    },
    "_longest_gap_s": Quantity(
        "Longest gap", "min", (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 180.0), _MORE_IS_WORSE[8], factor=1 / 60
    ),
    "_mean_wait_s": Quantity(
        "Mean wait", "min", (0.1, 0.5, 1.0, 5.0, 15.0, 60.0), _MORE_IS_WORSE[7], factor=1 / 60
    ),
    _LIMIT: Quantity(
        "Smallest margin to the limit", "dB", (-40.0, -30.0, -20.0, -10.0, 0.0, 10.0, 20.0), _AROUND_ZERO
    ),
    "_margin_p50_db": Quantity(
        "Median margin", "dB", (-15.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0), _AROUND_ZERO
    ),
}
