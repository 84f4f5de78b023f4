"""The compiled formulae of a beam's gain: a satellite's axes, direction cosines, and the power flux at a point."""

import numpy as np

from d2c.coverage.kernels.compiling import CALLED, LOOP, PLAIN, kernel
from d2c.coverage.kernels.layout import C_N_BY_ELEVATION
from d2c.coverage.kernels.network_layout import (
    CLOSE2,
    COS_ACROSS,
    COS_ALONG,
    COS_U,
    COS_V,
    COS_W,
    FLUX,
    P_ACROSS,
    P_ALONG,
    RECEIVE,
    SIN_ACROSS,
    SIN_ALONG,
    SINE,
)

_STRAIGHT = np.float32(0.0025)  # for x^2 below, sin^2 x is x^2 - x^4 / 3 to 3e-7 of it
_THIRD, _LEAST = np.float32(1.0 / 3.0), np.float32(1e-12)


@kernel(**PLAIN)
def axes_of(satellite_m):
    """Return the axes of an antenna: along the meridian, across it, and down to the Earth's centre."""
    x, y, z = satellite_m
    radius = np.sqrt(x * x + y * y + z * z)
    flat = max(np.sqrt(x * x + y * y), 1e-6 * radius)
    east = (-y / flat, x / flat, 0.0)
    down = (-x / radius, -y / radius, -z / radius)
    north = (
        east[1] * down[2] - east[2] * down[1],
        east[2] * down[0] - east[0] * down[2],
        east[0] * down[1] - east[1] * down[0],
    )
    return north, east, down


@kernel(**PLAIN)
def direction_to(satellite_m, axes, place_m):
    """Return the direction cosines of a place, and its distance."""
    dx, dy, dz = place_m[0] - satellite_m[0], place_m[1] - satellite_m[1], place_m[2] - satellite_m[2]
    distance = np.sqrt(dx * dx + dy * dy + dz * dz)
    north, east, down = axes
    return (
        (dx * north[0] + dy * north[1] + dz * north[2]) / distance,
        (dx * east[0] + dy * east[1] + dz * east[2]) / distance,
        (dx * down[0] + dy * down[1] + dz * down[2]) / distance,
        distance,
    )


@kernel(**PLAIN)
def scan_gain(down, exponent):
    """Return what a planar array keeps of its gain at a direction, by the cosine of its angle off the nadir."""
    cosine = max(down, 0.0)
    return cosine if exponent == 1.0 else cosine**exponent  # a power takes as long as all the rest


@kernel(**CALLED)
def fill_points(at, place_m, up, first, end, pattern, tables, row):
    """Fill the rows of some of the points, place_m and up (3, G) float64, as a satellite sees them."""
    _fill_directions(
        at, axes_of(at), place_m[0, first:end], place_m[1, first:end], place_m[2, first:end], up[0, first:end],
        up[1, first:end], up[2, first:end], pattern, row,
    )  # fmt: skip
    if pattern.planar:
        _scale_phases(pattern.along, pattern.across, end - first, row)
    table = tables.table[C_N_BY_ELEVATION]
    last, lowest = table.size - 2, np.float32(tables.sin_heard)
    for c in range(end - first):
        place = np.sqrt(min(max(1.0 - row[c + SINE], 0.0), 1.0)) * last
        i = np.int64(place)
        heard = table[i] + (place - i) * (table[i + 1] - table[i])
        row[c + RECEIVE] = heard if row[c + SINE] >= lowest else 0.0


@kernel(**LOOP)
def _fill_directions(at, axes, x, y, z, up_x, up_y, up_z, pattern, row):
    """Fill direction cosines, the sine of the elevation, and 1 / range^2 with the element's gain."""
    north, east, down = axes
    for c in range(len(x)):
        dx, dy, dz = x[c] - at[0], y[c] - at[1], z[c] - at[2]
        close = 1.0 / np.sqrt(dx * dx + dy * dy + dz * dz)
        sine = -(dx * up_x[c] + dy * up_y[c] + dz * up_z[c]) * close
        row[c + COS_U] = (dx * north[0] + dy * north[1] + dz * north[2]) * close
        row[c + COS_V] = (dx * east[0] + dy * east[1] + dz * east[2]) * close
        row[c + COS_W] = (dx * down[0] + dy * down[1] + dz * down[2]) * close
        row[c + SINE] = max(sine, 0.0)
        row[c + CLOSE2] = close * close if sine > 0 else 0.0
    if not pattern.planar:
        return
    if pattern.exponent == 1.0:  # a power takes as long as all the rest
        for c in range(len(x)):
            row[c + CLOSE2] *= max(row[c + COS_W], np.float32(0.0))
    else:
        for c in range(len(x)):
            row[c + CLOSE2] *= scan_gain(row[c + COS_W], pattern.exponent)


@kernel(**LOOP)
def _scale_phases(along, across, points, row):
    """Take the phases of a planar array, with their sines and cosines, in place of the direction cosines."""
    for c in range(points):
        a, b = along * row[c + COS_U], across * row[c + COS_V]
        row[c + P_ALONG], row[c + P_ACROSS] = a, b
        row[c + SIN_ALONG], row[c + COS_ALONG] = sine_and_cosine(a)
        row[c + SIN_ACROSS], row[c + COS_ACROSS] = sine_and_cosine(b)


@kernel(**LOOP)
def sine_and_cosine(phase):
    """Return sine and cosine of a phase, to 3e-9, without a branch.

    Source: Abramowitz and Stegun, eqs. (4.3.97) and (4.3.99), within a quarter turn of a multiple of pi; odd ones turn
    both signs.
    """
    turns = np.rint(phase / np.pi)
    sign = 1.0 - 2.0 * abs(turns - 2.0 * np.rint(0.5 * turns))
    x = phase - turns * np.pi
    x2 = x * x
    sine = ((((-2.39e-8 * x2 + 2.7526e-6) * x2 - 1.98409e-4) * x2 + 8.3333315e-3) * x2 - 0.1666666664) * x2
    cosine = (
        (((-2.605e-7 * x2 + 2.47609e-5) * x2 - 1.3888397e-3) * x2 + 4.16666418e-2) * x2 - 0.4999999963
    ) * x2
    return sign * (x + x * sine), sign * (1.0 + cosine)


@kernel(**LOOP)
def planar_gain(da, sa, ca, sa0, ca0, db, sb, cb, sb0, cb0):
    """Return the gain of a planar array by the differences of both phases, from their sines and cosines.

    (sin a / a)^2 (sin b / b)^2 in one division without a branch; near zero the square of a sine is its series.
    """
    na, nb = sa * ca0 - ca * sa0, sb * cb0 - cb * sb0
    da2, db2 = da * da, db * db
    na2 = na * na if da2 > _STRAIGHT else da2 - da2 * da2 * _THIRD
    nb2 = nb * nb if db2 > _STRAIGHT else db2 - db2 * db2 * _THIRD
    return (na2 + _LEAST) * (nb2 + _LEAST) / ((da2 + _LEAST) * (db2 + _LEAST))


@kernel(**LOOP)
def fill_flux(beams, step, i, pattern, lanes, row):
    """Fill FLUX, the PFD of a beam in W/m2/MHz, at the points of the first lanes, whose rows are filled."""
    strength = beams.strength[step, i]
    u, v, w = beams.aim[step, 0, i], beams.aim[step, 1, i], beams.aim[step, 2, i]
    if pattern.planar:
        a0, b0 = np.float32(pattern.along) * u, np.float32(pattern.across) * v
        sa, ca = beams.phase[step, 0, i], beams.phase[step, 1, i]
        sb, cb = beams.phase[step, 2, i], beams.phase[step, 3, i]
        for c in range(lanes):
            gain = planar_gain(
                row[c + P_ALONG] - a0,
                row[c + SIN_ALONG],
                row[c + COS_ALONG],
                sa,
                ca,
                row[c + P_ACROSS] - b0,
                row[c + SIN_ACROSS],
                row[c + COS_ACROSS],
                sb,
                cb,
            )
            row[c + FLUX] = strength * gain * row[c + CLOSE2]
    else:
        per_chord = np.float32(pattern.per_chord)
        for c in range(lanes):
            chord = chord_between(row[c + COS_U], row[c + COS_V], row[c + COS_W], u, v, w)
            row[c + FLUX] = strength * table_gain(pattern.gain, chord * per_chord) * row[c + CLOSE2]


@kernel(**LOOP)
def table_gain(table, at):
    """Return the gain of a pattern by its table, at a place between two of its points."""
    i = np.int64(at)
    return table[i] + (at - np.float32(i)) * (table[i + 1] - table[i])


@kernel(**LOOP)
def flux_at(beams, step, i, pattern, row, c):
    """Return the PFD of a beam at one of the points, in W/m2/MHz."""
    u, v, w = beams.aim[step, 0, i], beams.aim[step, 1, i], beams.aim[step, 2, i]
    if pattern.planar:
        gain = planar_gain(
            row[c + P_ALONG] - np.float32(pattern.along) * u,
            row[c + SIN_ALONG],
            row[c + COS_ALONG],
            beams.phase[step, 0, i],
            beams.phase[step, 1, i],
            row[c + P_ACROSS] - np.float32(pattern.across) * v,
            row[c + SIN_ACROSS],
            row[c + COS_ACROSS],
            beams.phase[step, 2, i],
            beams.phase[step, 3, i],
        )
    else:
        chord = chord_between(row[c + COS_U], row[c + COS_V], row[c + COS_W], u, v, w)
        gain = table_gain(pattern.gain, chord * np.float32(pattern.per_chord))
    return np.float32(beams.strength[step, i] * gain * row[c + CLOSE2])


@kernel(**LOOP)
def chord_between(u, v, w, u0, v0, w0):
    """Return the chord between two unit vectors, by their direction cosines."""
    x, y, z = u - u0, v - v0, w - w0
    return np.sqrt(x * x + y * y + z * z)
