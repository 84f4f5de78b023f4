"""Payloads, handsets, loss sets and services: the library's entries, every figure with its source."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import model_validator

from d2c.errors import ScenarioError, did_you_mean
from d2c.scenario.model import Link, Part
from d2c.scenario.read import parse_toml, validated


class Figure(Part):
    """A number and where it comes from; `assumed` says why, where nobody could see it in a source."""

    value: float
    source: str = ""
    assumed: str = ""

    @model_validator(mode="after")
    def _says_where_from(self) -> "Figure":
        if not (self.source or self.assumed):
            raise ValueError("a figure needs a source, or says why it is assumed")
        return self


class Downlink(Part):
    """What a payload sends."""

    frequency_mhz: Figure
    bandwidth_mhz: Figure
    """Bandwidth that carries the power and the noise: the occupied part of the channel."""
    eirp_density_dbw_mhz: Figure
    pfd_cap_dbw_m2_mhz: Figure | None = None
    """Power is held back so that the ground sees no more than this."""


class Uplink(Part):
    """What a payload hears."""

    frequency_mhz: Figure
    bandwidth_mhz: Figure
    """Bandwidth of one handset's transmission."""
    g_over_t_db_k: Figure


class Beam(Part):
    """How the payload's gain depends on the direction."""

    peak_gain_dbi: Figure
    steering: Literal["steered", "fixed-nadir"] = "steered"
    """`steered`: the beam is aimed at the cell; `fixed-nadir`: the cell sees the pattern's slope."""
    scan_loss_exponent: Figure | None = None
    """n of the loss 10 n log10 cos(off-nadir) of a steered planar array; none if the source has none."""
    pattern: Literal["isotropic", "aperture", "s1528-leo", "s1528-taylor"] = "isotropic"
    """Pattern around the beam's axis; `isotropic` where the source has none."""
    aperture_m: Figure | None = None
    """Diameter, of the patterns `aperture` and `s1528-taylor`."""
    beamwidth_deg: Figure | None = None
    """Full width between the -3 dB points, of the pattern `s1528-leo`."""
    side_lobe_ratio_db: Figure | None = None
    """Of the pattern `s1528-taylor`."""
    secondary_lobes: Figure | None = None
    """Of the pattern `s1528-taylor`."""
    polarisation: Literal["circular", "linear"] = "circular"

    @model_validator(mode="after")
    def _pattern_has_its_figures(self) -> "Beam":
        needed = {
            "isotropic": (),
            "aperture": ("aperture_m",),
            "s1528-leo": ("beamwidth_deg",),
            "s1528-taylor": ("aperture_m", "side_lobe_ratio_db", "secondary_lobes"),
        }[self.pattern]
        missing = [key for key in needed if getattr(self, key) is None]
        if missing:
            raise ValueError(f"pattern {self.pattern} needs {', '.join(missing)}")
        if self.steering == "fixed-nadir" and self.pattern == "isotropic":
            raise ValueError(
                "a fixed beam needs a pattern; without one every direction would get the peak gain"
            )
        return self


class Payload(Part):
    """A satellite's radio."""

    title: str
    note: str = ""
    downlink: Downlink
    uplink: Uplink | None = None
    beam: Beam


class Handset(Part):
    """A terminal on the ground."""

    title: str
    note: str = ""
    tx_power_dbm: Figure
    tx_gain_dbi: Figure
    rx_gain_dbi: Figure
    noise_figure_db: Figure
    antenna_temperature_k: Figure


class Loss(Part):
    """One named loss that does not depend on the geometry."""

    name: str
    loss_db: Figure
    direction: Literal["both", "downlink", "uplink"] = "both"
    band: Literal["S", "Ka"] | None = None
    """Only in this band of TR 38.811."""


Model = Literal[
    "gases",
    "ionospheric-scintillation",
    "tropospheric-scintillation",
    "tropospheric-scintillation-rounded",  # at the nearest printed elevation, as TR 38.821 takes it
]


class LossSet(Part):
    """The losses of a link beside free space."""

    title: str
    note: str = ""
    models: tuple[Model, ...] = ("gases",)
    """Losses that follow from geometry and place: gases by ITU-R P.676, scintillation by TR 38.811 6.6.6."""
    losses: tuple[Loss, ...] = ()


class Requirement(Part):
    """What one direction of a service needs: a C/N that a source states, or a bit rate in a bandwidth."""

    c_n_db: Figure | None = None
    bit_rate_kbps: Figure | None = None
    """With all headers; the C/N follows from the CQI table."""
    bandwidth_mhz: Figure | None = None
    """Bandwidth the service uses, whole resource blocks of 180 kHz."""

    @model_validator(mode="after")
    def _says_what_it_needs(self) -> "Requirement":
        if (self.c_n_db is None) == (self.bit_rate_kbps is None):
            raise ValueError("state either c_n_db or bit_rate_kbps")
        if (self.bit_rate_kbps is None) != (self.bandwidth_mhz is None):
            raise ValueError("bit_rate_kbps and bandwidth_mhz go together")
        return self


class Service(Part):
    """A service and what it requires of the link; without an uplink it needs the downlink only."""

    title: str
    note: str = ""
    downlink: Requirement
    uplink: Requirement | None = None


_Entry = TypeVar("_Entry", bound=Part)
Kind = Literal["payloads", "handsets", "losses", "services"]


def library_names(kind: Kind) -> tuple[str, ...]:
    """Return the names of the library's entries of a kind."""
    folder = resources.files("d2c.scenario.library") / kind
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def payload(name: str) -> Payload:
    """Return a payload of the library, or of a TOML file."""
    return _entry("payloads", name, Payload)


def handset(name: str) -> Handset:
    """Return a handset of the library, or of a TOML file."""
    return _entry("handsets", name, Handset)


def loss_set(name: str) -> LossSet:
    """Return a loss set of the library, or of a TOML file."""
    return _entry("losses", name, LossSet)


def service(name: str) -> Service:
    """Return a service of the library, or of a TOML file."""
    return _entry("services", name, Service)


def assumptions(link: Link) -> dict[str, str]:
    """Return the figures of a scenario's link that nobody could see in a source: where, value and why."""
    entries = {
        link.payload: payload(link.payload),
        link.handset: handset(link.handset),
        link.losses: loss_set(link.losses),
        **{name: service(name) for name in link.services},
    }
    return {
        f"{name}: {where}": f"{figure.value:g}: {figure.assumed}"
        for name, entry in entries.items()
        for where, figure in figures(entry)
        if figure.assumed
    }


def figures(part: Part, where: str = "") -> Iterator[tuple[str, Figure]]:
    """Yield every figure of an entry with the path of its key."""
    for key in type(part).model_fields:
        value = getattr(part, key)
        for item in value if isinstance(value, tuple) else (value,):
            name = getattr(item, "name", "") or key
            if isinstance(item, Figure):
                yield f"{where}{name}", item
            elif isinstance(item, Part):
                yield from figures(item, f"{where}{name}.")


def _entry(kind: Kind, name: str, model: type[_Entry]) -> _Entry:
    if name in library_names(kind):
        text = (resources.files("d2c.scenario.library") / kind / f"{name}.toml").read_text(encoding="utf-8")
    elif name.endswith(".toml") and Path(name).is_file():
        text = Path(name).read_text(encoding="utf-8")
    else:
        singular = "loss set" if kind == "losses" else kind.removesuffix("s")
        raise ScenarioError(f"unknown {singular} '{name}'{did_you_mean(name, library_names(kind))}")
    return validated(model, parse_toml(text, origin=name), origin=name)
