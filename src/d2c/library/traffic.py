"""Data model of message traffic, and the plausible values of its assumed figures."""

from typing import ClassVar

from pydantic import model_validator

from d2c.library.entry import Entry, Figure, Kind, read_entry, sourced_figures


class Traffic(Entry):
    """A kind of message and the beam capacity that it uses."""

    library_kind: ClassVar[Kind] = "traffic"

    message_octets: Figure
    overhead_octets: Figure
    """Protocol headers of a message."""
    uplink_kbps: Figure
    """Bit rate of a handset in one resource block of 180 kHz while it is scheduled."""
    uplink_use_percent: Figure
    """Share of a beam's uplink capacity that carries messages."""
    downlink_octets: Figure
    """Octets on the downlink for each message."""
    downlink_use_percent: Figure
    """Share of a beam's downlink bit rate that carries messages."""

    @model_validator(mode="after")
    def _values_in_range(self) -> "Traffic":
        for name, figure in sourced_figures(self):
            zero_allowed, percent = name == "overhead_octets", name.endswith("_percent")
            if (
                figure.value < 0
                or (figure.value == 0 and not zero_allowed)
                or (percent and figure.value > 100)
            ):
                minimum = "at least 0" if zero_allowed else "above 0"
                maximum = " and at most 100" if percent else ""
                raise ValueError(f"{name} = {figure.value:g} must be {minimum}{maximum}")
        return self


# Values of assumed figures for a sensitivity study; the entry has the reason of each assumption.
PLAUSIBLE_VALUES: dict[str, tuple[float, ...]] = {
    "overhead_octets": (20.0, 60.0, 200.0),
    "uplink_kbps": (0.8, 1.6, 5.0, 22.0),
    "uplink_use_percent": (20.0, 37.0, 50.0, 83.0),
    "downlink_octets": (200.0, 400.0, 2000.0),
    "downlink_use_percent": (10.0, 50.0, 86.0),
}


def read_traffic(name: str) -> Traffic:
    """Read a kind of traffic of the library or of a TOML file."""
    return read_entry("traffic", name, Traffic)
