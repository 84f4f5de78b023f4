"""What people send: a library entry, and the plausible values of what is assumed of it."""

from pydantic import model_validator

from d2c.library.entry import Entry, Figure, read_entry, sourced_figures


class Traffic(Entry):
    """A message and what it takes of a beam."""

    message_octets: Figure
    overhead_octets: Figure
    """Headers that go with it."""
    uplink_kbps: Figure
    """What a handset sends in one resource block of 180 kHz while it has it."""
    uplink_use_percent: Figure
    """How much of a beam's uplink carries messages."""
    downlink_octets: Figure
    """What goes down for each message."""
    downlink_use_percent: Figure
    """How much of a beam's bit rate is for messages."""

    @model_validator(mode="after")
    def _values_make_sense(self) -> "Traffic":
        for name, figure in sourced_figures(self):
            lowest_allowed = figure.value >= 0 if name == "overhead_octets" else figure.value > 0
            if not lowest_allowed or (name.endswith("_percent") and figure.value > 100):
                most = " and 100 at most" if name.endswith("_percent") else ""
                raise ValueError(f"{name} = {figure.value:g} must be above 0{most}")
        return self


# What a sensitivity study tries of assumed figures; why each is assumed stands in the entry.
PLAUSIBLE: dict[str, tuple[float, ...]] = {
    "overhead_octets": (20.0, 60.0, 200.0),
    "uplink_kbps": (0.8, 1.6, 5.0, 22.0),
    "uplink_use_percent": (20.0, 37.0, 50.0, 83.0),
    "downlink_octets": (200.0, 400.0, 2000.0),
    "downlink_use_percent": (10.0, 50.0, 86.0),
}


def traffic(name: str) -> Traffic:
    """Return a kind of traffic of the library, or of a TOML file."""
    return read_entry("traffic", name, Traffic)
