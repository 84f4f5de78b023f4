"""One column of results, as the table in columns.py has it: units, decimals, texts, and its map definition.

The last stored digit is well below the accuracy of the models and well above the resolution of 24 hours of samples
(one sample of 30 s is 0.00035 of a day; a degree is 111 km).
"""

from dataclasses import dataclass

import numpy as np

UNITS = {  # by the ending of a name: the unit of the stored values and their decimals
    "_deg": ("°", 6),  # 0.1 m on the ground
    "_db": ("dB", 2),
    "_dbm": ("dBm", 2),
    "_dbw_m2_mhz": ("dBW/m²/MHz", 2),
    "_s": ("s", 3),  # one missed sample of 30 s in a day is a mean wait of 0.005 s
    "_min": ("min", 2),
    "_days": ("days", 3),
    "_km": ("km", 3),
    "_kbps_km2": ("kbit/s/km²", 4),
    "_km2": ("km²", 3),
    "_m": ("m", 1),
    "_kbps": ("kbit/s", 1),
    "_mbps": ("Mbit/s", 4),
    "_per_hour": ("per hour", 3),
    "_fraction": ("0 to 1", 6),
}
_DISPLAY_FACTORS = {("0 to 1", "%"): 100.0, ("s", "min"): 1 / 60, ("kbit/s", "Mbit/s"): 1e-3}
_CHANGES = {  # by displayed unit: unit of a change, and the outermost class limit
    "%": ("points", 10.0),
    "dB": ("dB", 3.0),
    "dBm": ("dB", 3.0),
    "min": ("min", 10.0),
    "°": ("°", 10.0),
    "": ("", 3.0),
    "dBW/m²/MHz": ("dBW/m²/MHz", 3.0),
    "Mbit/s": ("Mbit/s", 1.0),
    "kbit/s": ("kbit/s", 1.0),
    "kbit/s/km²": ("kbit/s/km²", 1.0),
    "per hour": ("per hour", 10.0),
}
Palette = dict[int, tuple[str, ...]]  # colours by number of classes

# Palettes that colour-blind readers can distinguish, also in greyscale print.
MORE_IS_BETTER: Palette = {  # viridis (matplotlib, CC0), dark = low
    7: ("#440154", "#443983", "#31688e", "#21918c", "#35b779", "#90d743", "#fde725"),
    8: ("#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725"),
}
MORE_IS_WORSE: Palette = {  # YlOrRd (ColorBrewer 2.0, Apache-2.0), dark = high
    7: ("#fffbc2", "#fee289", "#feb953", "#fd863a", "#f13824", "#c80723", "#800026"),
    8: ("#fffbc2", "#ffe691", "#fec863", "#fd9d43", "#fc6330", "#e8241f", "#c10325", "#800026"),
}
# RdBu of ColorBrewer 2.0 without its two palest steps, which vanish on light land and sea: red = below zero.
AROUND_ZERO: Palette = {
    8: ("#67001f", "#b2182b", "#d6604d", "#f4a582", "#92c5de", "#4393c3", "#2166ac", "#053061"),
}
GREYS: Palette = {
    8: ("#ffffff", "#ececec", "#d6d6d6", "#bdbdbd", "#9e9e9e", "#7c7c7c", "#5c5c5c", "#404040"),
}
# RdBu with a pale middle class for no change; blue is better.
_CHANGE = ("#b2182b", "#ef8a62", "#fddbc7", "#f7f7f7", "#d1e5f0", "#67a9cf", "#2166ac")


@dataclass(frozen=True, slots=True)
class Classes:
    """Classes of a map in the displayed unit: limits between them and one colour each, lowest first."""

    limits: tuple[float, ...]
    colours: tuple[str, ...]


def classes(palette: Palette, *limits: float) -> Classes:
    """Return the classes between these limits in the colours of a palette."""
    return Classes(limits, palette[len(limits) + 1])


@dataclass(frozen=True, slots=True)
class Quantity:
    """Map definition of one column: `displayed = stored * factor` in `unit`, in classes separated by `limits`.

    Class 0 lies below the first limit, class k at or above limit k - 1; both end classes are open, so that every
    number has a class. `colours` has one entry per class.
    """

    label: str
    unit: str
    limits: tuple[float, ...]
    colours: tuple[str, ...]
    factor: float = 1.0
    whole: bool = False  # counts: a class label reads "2-3", not "2-4"
    missing: str = "no data"  # what maps call a cell without a figure

    @property
    def title(self) -> str:
        """Return the label with the unit, for example "Longest gap, text (min)"."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def display_values(self, stored: np.ndarray) -> np.ndarray:
        """Return stored values in the display unit, same shape."""
        # Rounding to nine decimals removes the error of the factor: 0.29 * 100 = 28.999999999999996 belongs to 29.
        return np.round(np.asarray(stored, dtype=np.float64) * self.factor, 9)

    def classes(self, stored: np.ndarray) -> np.ndarray:
        """Return the class index of each stored value, -1 for NaN."""
        displayed = self.display_values(stored)
        return np.where(np.isnan(displayed), -1, np.searchsorted(self.limits, displayed, side="right"))

    def class_labels(self) -> tuple[str, ...]:
        """Return the label of each class without the unit: "< 50", "50-80" (with a dash), ">= 99.9"."""
        low, high = self.limits[0], self.limits[-1]
        between = [self._class_text(a, b) for a, b in zip(self.limits, self.limits[1:], strict=False)]
        first = f"{low - 1:g}" if self.whole and low == 1 else f"< {_limit_text(low)}"
        return (first, *between, f"≥ {_limit_text(high)}")

    def _class_text(self, low: float, high: float) -> str:
        if not self.whole:
            dash = "–" if low >= 0 else " to "
            return f"{_limit_text(low)}{dash}{_limit_text(high)}"
        return f"{low:,g}" if high - low == 1 else f"{low:,g}–{high - 1:,g}"

    def change(self) -> "Quantity":
        """Return the map definition of the quantity's change: classes around zero, blue for better."""
        unit, largest = _CHANGES[self.unit]
        limits = tuple(round(largest * share, 9) for share in (-1.0, -0.1, -0.01, 0.01, 0.1, 1.0))
        worse = self.colours in MORE_IS_WORSE.values()
        label = f"Change of {self.label[:1].lower()}{self.label[1:]}"
        return Quantity(label, unit, limits, _CHANGE[::-1] if worse else _CHANGE, self.factor)


@dataclass(frozen=True, slots=True)
class Column:
    """One column, or the columns of all services or limits with one ending.

    name: that of the column, or the ending with its underscore (`_availability`). label, meaning: a few words and a
    sentence for readers; loaded_label, loaded_meaning: in a network with beams, where they differ. unit: of the stored
    values; decimals: of stored numbers, None for texts and instants. classes: of its map, in `displayed_unit`;
    None for a column without a map; missing: what maps call a cell without a figure.
    """

    name: str
    label: str
    meaning: str
    unit: str = ""
    decimals: int | None = None
    classes: Classes | None = None
    displayed_unit: str = ""
    whole: bool = False
    missing: str = "no data"
    loaded_label: str = ""
    loaded_meaning: str = ""

    @property
    def alias(self) -> str:
        """Return the label with the unit of the stored values."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def quantity(self, *, owner: str = "", loaded: bool = False) -> Quantity | None:
        """Return the map definition, None without one; `owner` is the service or limit of the column."""
        if self.classes is None:
            return None
        label = (loaded and self.loaded_label) or self.label
        return Quantity(
            f"{label}, {owner.replace('_', ' ')}" if owner else label,
            self.displayed_unit,
            self.classes.limits,
            self.classes.colours,
            _DISPLAY_FACTORS.get((self.unit, self.displayed_unit), 1.0),
            self.whole,
            self.missing,
        )


def number(
    name: str,
    label: str,
    meaning: str,
    classes: Classes | None = None,
    *,
    unit: str | None = None,
    decimals: int | None = None,
    displayed_unit: str | None = None,
    missing: str = "no data",
    loaded_label: str = "",
    loaded_meaning: str = "",
) -> Column:
    """Return a column of numbers; unit and decimals are those of the name's ending unless given."""
    stored_unit, usual_decimals = unit_of(name) if unit is None else (unit, None)
    return Column(
        name,
        label,
        meaning,
        unit=stored_unit,
        decimals=usual_decimals if decimals is None else decimals,
        classes=classes,
        displayed_unit=stored_unit if displayed_unit is None else displayed_unit,
        missing=missing,
        loaded_label=loaded_label,
        loaded_meaning=loaded_meaning,
    )


def share(
    name: str, label: str, meaning: str, classes: Classes | None = None, *, loaded_meaning: str = ""
) -> Column:
    """Return a column of shares from 0 to 1, displayed in per cent."""
    return Column(name, label, meaning, "0 to 1", 6, classes, "%", loaded_meaning=loaded_meaning)


def count(name: str, label: str, meaning: str, classes: Classes | None = None) -> Column:
    """Return a column of whole numbers."""
    return Column(name, label, meaning, decimals=0, classes=classes, whole=True)


def text(name: str, label: str, meaning: str) -> Column:
    """Return a column of texts or instants."""
    return Column(name, label, meaning)


def unit_of(name: str) -> tuple[str, int | None]:
    """Return the unit and the decimals that follow from the ending of a name; ("", None) for an unknown ending."""
    endings = [ending for ending in UNITS if name.endswith(ending)]
    return UNITS[max(endings, key=len)] if endings else ("", None)


def _limit_text(value: float) -> str:
    """Format a limit with a typographic minus sign."""
    return f"{value:,g}".replace("-", "−")
