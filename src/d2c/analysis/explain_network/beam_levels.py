"""Levels of a network's beams at a place by the exact link budget, in float64, without tables."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2c.antenna.patterns import planar_array_gain_db
from d2c.coverage.kernels.network_layout import HoppingBeams
from d2c.link.budget import RadioLink
from d2c.link.geometry import LookAngles, look_angles
from d2c.link.terminal import beam_loss_db, off_axis_loss_db
from d2c.propagation.free_space import spreading_loss_db_m2
from d2c.units import to_db

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class BeamList:
    """N beams of some steps, in the order of the steps, and the K pairs of a step and a satellite that serves in it.

    Of the beams: pair (N,); cell (N,); share, of time while the cell asks, and lit, chance to be alight (N,). Of the
    pairs (K,): step; serving, the satellite's number among those of the step; satellite; satellite_m (K, 3); alight,
    beams alight on average; few: whether beams are fewer than cells that ask; spare: sum of q (1 - q) over all its
    cells; number: its beam cells here.
    """

    pair: Ints
    cell: Ints
    share: Floats
    lit: Floats
    step: Ints
    serving: Ints
    satellite: Ints
    satellite_m: Floats
    alight: Floats
    few: NDArray[np.bool_]
    spare: Floats
    number: Ints

    @property
    def users_share(self) -> Floats:
        """Return the share of time that users of each cell have, (N,): of signalling where there is no demand."""
        return np.where(self.share > 0, self.share, self.lit)

    def of_step(self, step: int) -> "StepBeams":
        """Return the beams of one step."""
        pairs = slice(*np.searchsorted(self.step, [step, step + 1]).tolist())
        part = slice(*np.searchsorted(self.pair, [pairs.start, pairs.stop]).tolist())
        return StepBeams(self._take(part, pairs), part, pairs)

    def take(self, which: Ints) -> "BeamList":
        """Return some of the beams, with all pairs."""
        return self._take(which, slice(None))

    def _take(self, which: Ints | slice, pairs: slice) -> "BeamList":
        return BeamList(
            self.pair[which] - (pairs.start or 0),
            self.cell[which],
            self.share[which],
            self.lit[which],
            *(getattr(self, name)[pairs] for name in BeamList.__slots__[4:]),
        )


class StepBeams(NamedTuple):
    """The beams of one step, and where they and their pairs are in the list of all."""

    beams: BeamList
    part: slice
    pairs: slice


def list_beams(
    beams: HoppingBeams, position_m: Floats, rows: Ints, *, wanted: NDArray[np.bool_] | None = None
) -> BeamList:
    """Return the beams of some rows of position_m (T, S, 3), or of the wanted cells (B,) only; steps are rows."""
    step, at = np.repeat(rows, beams.satellites[rows]), counted(beams.satellites[rows])
    satellite = beams.satellite[step, at]
    number = beams.first[step, at + 1] - beams.first[step, at]
    size = beams.first[rows, beams.satellites[rows]]
    row, slot = np.repeat(rows, size), counted(size)
    pair = np.repeat(np.arange(len(step)), number)
    if wanted is not None:
        keep = wanted[beams.cell[row, slot]]
        row, slot, pair = row[keep], slot[keep], pair[keep]
    return BeamList(
        pair=pair,
        cell=beams.cell[row, slot],
        share=beams.share[row, slot].astype(np.float64),
        lit=beams.lit[row, slot].astype(np.float64),
        step=step,
        serving=at,
        satellite=satellite,
        satellite_m=position_m[step, satellite],
        alight=beams.alight[step, at],
        few=beams.few[step, at],
        spare=beams.spare[step, at],
        number=number,
    )


def counted(size: Ints) -> Ints:
    """Return 0, 1, ... up to each size, one after the other."""
    return np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)


class BeamLevels(NamedTuple):
    """Downlink of N beams of K pairs at a place: c_n_db (N,), minus infinity where a phone does not hear the satellite.

    It is steered_db (K,), that of a beam at full power steered to the place itself, less power_loss_db, the back-off to
    the PFD cap at the beam's centre or to the power shared by many beams, less off_axis_loss_db, with what the scan
    loss at the centre differs from that at the place, (N,). look (K,): of the satellites.
    """

    c_n_db: Floats
    steered_db: Floats
    power_loss_db: Floats
    off_axis_loss_db: Floats
    look: LookAngles


def beam_levels(
    link: RadioLink,
    beams: BeamList,
    *,
    centre_m: Floats,
    place_m: Floats,
    up: Floats,
    heard_above_deg: float,
    full_power_beams: int,
) -> BeamLevels:
    """Return the levels of beams at a place; centre_m (B, 3): of the beam cells; place_m, up (K, 3): of each pair."""
    look = look_angles(beams.satellite_m, handset_m=place_m, up=up)
    steered_db = np.full(len(beams.step), -np.inf)
    heard = np.flatnonzero(look.elevation_deg >= heard_above_deg)
    steered_db[heard] = (
        link.without_pfd_cap()
        .downlink(
            slant_range_m=look.slant_range_m[heard],
            elevation_deg=look.elevation_deg[heard],
            off_nadir_deg=look.off_nadir_deg[heard],
        )
        .c_n_db
    )
    aim = _aim(beams, centre_m)
    power_loss_db = _power_loss_db(link, beams, aim, full_power_beams)
    frequency_hz = link.payload.downlink.frequency_mhz.value * 1e6
    off_axis_db = _off_axis_loss_db(link, beams, aim, place_m, look, frequency_hz)
    c_n_db = steered_db[beams.pair] - power_loss_db - off_axis_db
    return BeamLevels(c_n_db, steered_db, power_loss_db, off_axis_db, look)


def uplink_c_n_db(
    link: RadioLink, beams: BeamList, levels: BeamLevels, which: Ints, *, centre_m: Floats, place_m: Floats
) -> Floats:
    """Return the uplink's C/N at some of the beams (indices into them), infinite for a payload without an uplink."""
    if link.payload.uplink is None:
        return np.full(len(which), np.inf)
    pair = beams.pair[which]
    steered = link.uplink(
        slant_range_m=levels.look.slant_range_m[pair],
        elevation_deg=levels.look.elevation_deg[pair],
        off_nadir_deg=levels.look.off_nadir_deg[pair],
    )
    some = beams.take(which)
    loss_db = _off_axis_loss_db(
        link, some, _aim(some, centre_m), place_m, levels.look, link.payload.uplink.frequency_mhz.value * 1e6
    )
    return steered.c_n_db - loss_db


class _Aim(NamedTuple):
    """Axes of N beams: unit vectors (N, 3), distance of the centres and off-nadir angle there (N,)."""

    axis: Floats
    distance_m: Floats
    off_nadir_deg: Floats


def _aim(beams: BeamList, centre_m: Floats) -> _Aim:
    path = centre_m[beams.cell] - beams.satellite_m[beams.pair]
    distance_m = np.sqrt(np.einsum("nx,nx->n", path, path))
    path /= distance_m[:, None]
    down = -beams.satellite_m / np.linalg.norm(beams.satellite_m, axis=1)[:, None]
    cosine = np.einsum("nx,nx->n", path, down[beams.pair])
    return _Aim(path, distance_m, np.degrees(np.arccos(np.minimum(cosine, 1.0))))


def _power_loss_db(link: RadioLink, beams: BeamList, aim: _Aim, full_power_beams: int) -> Floats:
    """Return by how much beams are held back: by power that many share, and by the PFD cap at their centres."""
    down = link.payload.downlink
    share = np.minimum(full_power_beams / np.maximum(beams.alight, 1e-9), 1.0)
    shared_db = -to_db(share)[beams.pair]
    if down.pfd_cap_dbw_m2_mhz is None:
        return np.asarray(shared_db)
    scan_db = beam_loss_db(
        link.payload.beam, off_nadir_deg=aim.off_nadir_deg, frequency_hz=down.frequency_mhz.value * 1e6
    )
    full_pfd = down.density_dbw_mhz - scan_db - spreading_loss_db_m2(slant_range_m=aim.distance_m)
    return np.asarray(np.maximum(full_pfd - down.pfd_cap_dbw_m2_mhz.value, shared_db))


def _off_axis_loss_db(
    link: RadioLink, beams: BeamList, aim: _Aim, place_m: Floats, look: LookAngles, frequency_hz: float
) -> Floats:
    """Return the loss against a beam steered to the place; a planar array's elements see the place as it is."""
    beam = link.payload.beam
    to_place = (place_m - beams.satellite_m) / look.slant_range_m[:, None]
    difference = to_place[beams.pair] - aim.axis
    if beam.pattern == "planar-array":
        assert beam.length_along_m is not None  # checked by Beam
        assert beam.length_across_m is not None
        north, east = antenna_axes(beams.satellite_m)
        gain_db = planar_array_gain_db(
            sine_along=np.einsum("nx,nx->n", difference, north[beams.pair]),
            sine_across=np.einsum("nx,nx->n", difference, east[beams.pair]),
            length_along_m=beam.length_along_m.value,
            length_across_m=beam.length_across_m.value,
            frequency_hz=frequency_hz,
        )
        return np.asarray(-gain_db)
    chord = np.sqrt(np.einsum("nx,nx->n", difference, difference))
    off_axis_deg = np.degrees(2 * np.arcsin(np.minimum(chord / 2, 1.0)))
    pattern_db = off_axis_loss_db(
        beam, off_axis_deg=np.minimum(off_axis_deg, 90.0), frequency_hz=frequency_hz
    )
    scan: dict[str, Any] = {"frequency_hz": frequency_hz}
    at_centre_db = beam_loss_db(beam, off_nadir_deg=aim.off_nadir_deg, **scan)
    at_place_db = beam_loss_db(beam, off_nadir_deg=np.minimum(look.off_nadir_deg, 89.9), **scan)
    return pattern_db + at_centre_db - at_place_db[beams.pair]


def antenna_axes(satellite_m: Floats) -> tuple[Floats, Floats]:
    """Return the sides of the antennas of satellites (K, 3): unit vectors along the meridian and to the east."""
    down = -satellite_m / np.linalg.norm(satellite_m, axis=1)[:, None]
    east = np.stack([-satellite_m[:, 1], satellite_m[:, 0], np.zeros(len(satellite_m))], axis=1)
    # over a pole any direction will do
    east /= np.maximum(np.linalg.norm(east, axis=1), 1e-6 * np.linalg.norm(satellite_m, axis=1))[:, None]
    return np.cross(east, down), east
