"""Downlink and uplink budgets, line by line from EIRP to C/N, for one satellite-handset pair or for arrays."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from d2c.constants import BOLTZMANN_DBW_K_HZ
from d2c.errors import ArgumentError, ScenarioError
from d2c.library.entry import GIVEN, Figure
from d2c.library.models import Handset, LossSet, Payload
from d2c.link.bands import check_bands
from d2c.link.terminal import beam_loss_db, eirp_dbw, g_over_t_db_k
from d2c.propagation.building import building_entry_loss_db
from d2c.propagation.free_space import free_space_loss_db, spreading_loss_db_m2
from d2c.propagation.gases import gaseous_loss_db
from d2c.propagation.ionosphere import scintillation_loss_db
from d2c.propagation.tr38811 import band_of, tropospheric_scintillation_loss_db
from d2c.units import to_db

DEFAULT_LATITUDE_DEG = 42.0  # Italy; scintillation loss is the same from 20 to 60 deg
Direction = Literal["downlink", "uplink"]
Array = NDArray[np.float64]

_SI = "SI 2019, exact"
_FREE_SPACE = "ITU-R P.525-4, eq. (4)"
_SCINTILLATION = "3GPP TR 38.811 V15.4.0, 6.6.6.1"
_TROPOSPHERE = "3GPP TR 38.811 V15.4.0, table 6.6.6.2.1-1"
# Lines that are no losses, and the figures that they are given by
_NO_LOSSES = {
    "EIRP": "eirp_dbw",
    "handset EIRP": "tx_power_dbm and tx_gain_dbi",
    "handset G/T": "rx_gain_dbi, noise_figure_db and antenna_temperature_k",
    "satellite G/T": "g_over_t_db_k",
    "Boltzmann's constant": "another loss",
    "noise bandwidth": "bandwidth_mhz",
}
_BEAM_LOSSES = ("scan loss", "off-axis loss", "back-off to the PFD cap")
_BUILDING = "ITU-R P.2109-2, median, {} building"
_GASES = "ITU-R P.676-13, Annex 1, slant path through the mean annual global atmosphere of P.835-6"


@dataclass(frozen=True, eq=False, slots=True)
class Line:
    """One line of a link budget: `value_db` as printed, added to the sum with `sign`."""

    name: str
    sign: Literal[1, -1]
    value_db: Array
    unit: str
    source: str
    assumed: str = ""

    @property
    def signed_db(self) -> Array:
        """Return the signed contribution of the line to C/N."""
        return self.sign * self.value_db


@dataclass(frozen=True, eq=False, slots=True)
class LinkBudget:
    """Link budget of one direction; its lines, summed in the order given, are C/N exactly."""

    direction: Direction
    frequency_hz: float
    bandwidth_hz: float
    lines: tuple[Line, ...]
    pfd_dbw_m2_mhz: Array | None = None
    """Power flux density at the ground with free-space spreading only; downlink."""

    @property
    def c_n_db(self) -> Array:
        """Return the carrier-to-noise ratio in the bandwidth."""
        total: Array = np.sum([line.signed_db for line in self.lines], axis=0)
        return total

    @property
    def c_n0_dbhz(self) -> Array:
        """Return the carrier-to-noise-density ratio."""
        return self.c_n_db + float(to_db(self.bandwidth_hz))

    def margin_db(self, *, required_c_n_db: float) -> Array:
        """Return C/N less the required C/N."""
        return self.c_n_db - required_c_n_db


@dataclass(frozen=True, slots=True)
class RadioLink:
    """Satellite payload, handset, and the losses between them; ScenarioError for ends of different bands.

    `given_losses_db`: losses of the user by the names of their lines; each stands for the line of its name in both
    directions, or is a line of its own.
    """

    payload: Payload
    handset: Handset
    losses: LossSet
    given_losses_db: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        """Check the bands, and that what is given as a loss is one."""
        check_bands(self.payload, self.handset)
        for name, _ in self.given_losses_db:
            if name in _NO_LOSSES:
                raise ArgumentError(
                    f"'{name}' is a line of link budgets, but no loss; give {_NO_LOSSES[name]}"
                )

    def in_bandwidth(self, *, bandwidth_mhz: float, direction: Direction) -> "RadioLink":
        """Return the link with another occupied bandwidth in one direction; the given EIRP or density stays."""
        radio = getattr(self.payload, direction)
        figure = Figure(value=bandwidth_mhz, source=GIVEN)
        update: dict[str, Any] = {direction: radio and radio.model_copy(update={"bandwidth_mhz": figure})}
        return replace(self, payload=self.payload.model_copy(update=update))

    def without_pfd_cap(self) -> "RadioLink":
        """Return the link with a payload that transmits at full power, without the cap on its PFD."""
        uncapped_downlink = self.payload.downlink.model_copy(update={"pfd_cap_dbw_m2_mhz": None})
        return replace(self, payload=self.payload.model_copy(update={"downlink": uncapped_downlink}))

    def without_scan_loss(self) -> "RadioLink":
        """Return the link with a payload that loses no gain by steering, as filings count their highest levels."""
        beam = self.payload.beam.model_copy(update={"scan_loss_exponent": None})
        return replace(self, payload=self.payload.model_copy(update={"beam": beam}))

    def downlink(
        self,
        *,
        slant_range_m: Any,
        elevation_deg: Any,
        off_nadir_deg: Any,
        latitude_deg: float = DEFAULT_LATITUDE_DEG,
    ) -> LinkBudget:
        """Return the downlink budget; inputs broadcast.

        Only ionospheric scintillation depends on the latitude.
        """
        slant_range, elevation, off_nadir = _broadcast(slant_range_m, elevation_deg, off_nadir_deg)
        down = self.payload.downlink
        frequency_hz, bandwidth_mhz = down.frequency_mhz.value * 1e6, down.bandwidth_mhz.value
        density, eirp = down.density_dbw_mhz, down.eirp_figure
        beam_line = self._given(self._beam_line(off_nadir, frequency_hz))
        beam_loss = beam_line.value_db
        full_pfd = density - beam_loss - spreading_loss_db_m2(slant_range_m=slant_range)
        lines = [
            Line(
                "EIRP",
                1,
                _filled(density + to_db(bandwidth_mhz), slant_range),
                "dBW",
                eirp.source,
                eirp.assumed,
            ),
            beam_line,
        ]
        pfd = full_pfd
        cap = down.pfd_cap_dbw_m2_mhz
        if cap is not None:
            pfd = np.minimum(full_pfd, cap.value)
            name = f"back-off to the PFD cap of {cap.value:g} dBW/m2/MHz"
            back_off = Line(name, -1, full_pfd - pfd, "dB", cap.source, cap.assumed)
            lines.append(self._given(back_off))
            if lines[-1] is not back_off:
                pfd = full_pfd - lines[-1].value_db
        lines += self._path_lines("downlink", frequency_hz, slant_range, elevation, latitude_deg)
        handset = self.handset
        lines.append(
            Line(
                "handset G/T",
                1,
                _filled(g_over_t_db_k(handset), slant_range),
                "dB/K",
                handset.noise_figure_db.source,
                handset.noise_figure_db.assumed,
            )
        )
        lines += _noise_lines(bandwidth_mhz * 1e6, down.bandwidth_mhz, slant_range)
        return LinkBudget("downlink", frequency_hz, bandwidth_mhz * 1e6, tuple(lines), pfd)

    def uplink(
        self,
        *,
        slant_range_m: Any,
        elevation_deg: Any,
        off_nadir_deg: Any,
        latitude_deg: float = DEFAULT_LATITUDE_DEG,
    ) -> LinkBudget:
        """Return the uplink budget; inputs broadcast. ScenarioError if the payload has no uplink."""
        up = self.payload.uplink
        if up is None:
            raise ScenarioError(
                f"payload '{self.payload.title}' has no uplink; choose a downlink-only service"
            )
        slant_range, elevation, off_nadir = _broadcast(slant_range_m, elevation_deg, off_nadir_deg)
        frequency_hz = up.frequency_mhz.value * 1e6
        power = self.handset.tx_power_dbm
        g_over_t = up.g_over_t_db_k
        lines = [
            Line(
                "handset EIRP",
                1,
                _filled(eirp_dbw(self.handset), slant_range),
                "dBW",
                power.source,
                power.assumed,
            ),
            *self._path_lines("uplink", frequency_hz, slant_range, elevation, latitude_deg),
            Line(
                "satellite G/T",
                1,
                _filled(g_over_t.value, slant_range),
                "dB/K",
                g_over_t.source,
                g_over_t.assumed,
            ),
            self._given(self._beam_line(off_nadir, frequency_hz)),
            *_noise_lines(up.bandwidth_mhz.value * 1e6, up.bandwidth_mhz, slant_range),
        ]
        return LinkBudget("uplink", frequency_hz, up.bandwidth_mhz.value * 1e6, tuple(lines))

    def _beam_line(self, off_nadir_deg: Array, frequency_hz: float) -> Line:
        return _beam_line(
            self.payload,
            beam_loss_db(self.payload.beam, off_nadir_deg=off_nadir_deg, frequency_hz=frequency_hz),
        )

    def _given(self, line: Line) -> Line:
        """Return a line of a loss with the value that the user gives, if any."""
        value_db = dict(self.given_losses_db).get(line.name)
        if value_db is None:
            return line
        return replace(line, value_db=_filled(value_db, line.value_db), source=GIVEN, assumed="")

    def _path_lines(self, direction: Direction, *path: Any) -> Iterator[Line]:
        lines = [self._given(line) for line in self._computed_path_lines(direction, *path)]
        yield from lines
        known = {line.name for line in lines}
        known |= {loss.name for loss in self.losses.losses if loss.direction != "both"}
        for name, value_db in self.given_losses_db:
            if name not in known and not name.startswith(_BEAM_LOSSES):
                yield Line(name, -1, _filled(value_db, lines[0].value_db), "dB", GIVEN)

    def _computed_path_lines(
        self,
        direction: Direction,
        frequency_hz: float,
        slant_range_m: Array,
        elevation_deg: Array,
        latitude_deg: float,
    ) -> Iterator[Line]:
        free_space = free_space_loss_db(slant_range_m=slant_range_m, frequency_hz=frequency_hz)
        yield Line("free-space loss", -1, free_space, "dB", _FREE_SPACE)
        for model in self.losses.models:
            match model:
                case "gases":
                    loss = gaseous_loss_db(frequency_hz=frequency_hz, elevation_deg=elevation_deg)
                    yield Line("gases", -1, loss, "dB", _GASES)
                case "ionospheric-scintillation":
                    loss = scintillation_loss_db(frequency_hz=frequency_hz, latitude_deg=latitude_deg)
                    line = _filled(loss, slant_range_m)
                    yield Line("ionospheric scintillation", -1, line, "dB", _SCINTILLATION)
                case "tropospheric-scintillation" | "tropospheric-scintillation-rounded":
                    printed_deg = 10 * np.floor(elevation_deg / 10 + 0.5)
                    loss = tropospheric_scintillation_loss_db(
                        frequency_hz=frequency_hz,
                        elevation_deg=printed_deg if model.endswith("rounded") else elevation_deg,
                    )
                    yield Line("tropospheric scintillation", -1, loss, "dB", _TROPOSPHERE)
                case "building-entry-traditional" | "building-entry-thermally-efficient":
                    building = model.removeprefix("building-entry-")
                    loss = building_entry_loss_db(
                        frequency_hz=frequency_hz,
                        elevation_deg=elevation_deg,
                        building=building,
                        probability=0.5,
                    )
                    yield Line("building entry", -1, loss, "dB", _BUILDING.format(building))
        for named in self.losses.losses:
            wrong_band = named.band is not None and named.band != band_of(frequency_hz)
            if named.direction in (direction, "both") and not wrong_band:
                figure = named.loss_db
                value = _filled(figure.value, slant_range_m)
                yield Line(named.name, -1, value, "dB", figure.source, figure.assumed)


def _beam_line(payload: Payload, beam_loss: Array) -> Line:
    beam = payload.beam
    name, source, assumed = "off-axis loss", f"pattern {beam.pattern} about the nadir", ""
    if beam.steering == "steered":
        exponent = beam.scan_loss_exponent
        name, source = "scan loss", (exponent or beam.peak_gain_dbi).source
        assumed = exponent.assumed if exponent else "no scan loss in the source"
    if beam.gain_as_printed:
        assumed = "; ".join(filter(None, (assumed, f"gain as printed: {beam.gain_as_printed}")))
    return Line(name, -1, beam_loss, "dB", source, assumed)


def _noise_lines(bandwidth_hz: float, figure: Any, like: Array) -> tuple[Line, Line]:
    return (
        Line("Boltzmann's constant", -1, _filled(BOLTZMANN_DBW_K_HZ, like), "dBW/K/Hz", _SI),
        Line(
            "noise bandwidth", -1, _filled(to_db(bandwidth_hz), like), "dBHz", figure.source, figure.assumed
        ),
    )


def _filled(value: float, like: Array) -> Array:
    """Return an array of one value, in the shape of `like`."""
    return np.full(like.shape, float(value))


def _broadcast(*values: Any) -> list[Array]:
    return [np.array(a) for a in np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in values))]
