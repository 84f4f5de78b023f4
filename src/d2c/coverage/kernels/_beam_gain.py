"""The compiled formulae of a beam's gain: a satellite's axes, direction cosines, and the power flux at a point."""

import numpy as np

from d2c.coverage.kernels._phones import phone_gain, place_in_tables
from d2c.coverage.kernels._tables import interpolate, look_up
from d2c.coverage.kernels.compiling import CALLED, LOOP, PLAIN, kernel
from d2c.coverage.kernels.layout import C_N_BY_ELEVATION
from d2c.coverage.kernels.network_layout import (
    CLOSE2,
    COS_ACROSS,
    COS_ALONG,
    COS_U,
    COS_V,
    COS_W,
    EXPECTED,
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
def fill_point(at, axes, place_m, up, pattern, tables, row, c):
    """Fill the rows of one point, as a satellite sees it."""
    u, v, w, distance = direction_to(at, axes, place_m)
    sine = (
        (at[0] - place_m[0]) * up[0] + (at[1] - place_m[1]) * up[1] + (at[2] - place_m[2]) * up[2]
    ) / distance
    row[c + SINE] = max(sine, 0.0)
    row[c + CLOSE2] = 1.0 / (distance * distance) if sine > 0 else 0.0
    row[c + RECEIVE] = look_up(tables.table[C_N_BY_ELEVATION], sine) if sine >= tables.sin_heard else 0.0
    if pattern.planar:
        row[c + CLOSE2] *= scan_gain(w, pattern.exponent)
        a, b = pattern.along * u, pattern.across * v
        row[c + P_ALONG], row[c + P_ACROSS] = a, b
        row[c + SIN_ALONG], row[c + COS_ALONG] = np.sin(a), np.cos(a)
        row[c + SIN_ACROSS], row[c + COS_ACROSS] = np.sin(b), np.cos(b)
    else:
        row[c + COS_U], row[c + COS_V], row[c + COS_W] = u, v, w


@kernel(**CALLED)
def hear_as_phone(at, place_m, up, ground, phones, number, g, row, c):
    """Take from a point what the phone that a cell plays at a level step, by its number, loses on the way."""
    row[c + EXPECTED] = 1.0
    if phones.number == 0 or row[c + RECEIVE] <= 0:
        return
    around, high, e = place_in_tables(
        phones, ground.variant[g], ground.turn[g], at, place_m, up, row[c + SINE]
    )
    phone = (number + ground.turn[g]) % phones.number
    gain = phone_gain(phones, phone, around, high, e)
    row[c + RECEIVE] *= gain
    row[c + EXPECTED] = phones.expected[e] / gain


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


@kernel(**CALLED)
def flux_of_beam(beams, step, i, pattern, row, c):
    """Return the PFD of a beam at a point whose rows are filled, in W/m2/MHz."""
    if pattern.planar:
        u, v = beams.aim[step, i, 0], beams.aim[step, i, 1]
        phase = beams.phase[step, i]
        gain = planar_gain(
            row[c + P_ALONG] - np.float32(pattern.along) * u,
            row[c + SIN_ALONG],
            row[c + COS_ALONG],
            phase[0],
            phase[1],
            row[c + P_ACROSS] - np.float32(pattern.across) * v,
            row[c + SIN_ACROSS],
            row[c + COS_ACROSS],
            phase[2],
            phase[3],
        )
    else:
        gain = interpolate(pattern.gain, chord_to(beams, step, i, row, c) * pattern.per_chord)
    return np.float32(beams.strength[step, i] * gain * row[c + CLOSE2])


@kernel(**CALLED)
def chord_to(beams, step, i, row, c):
    """Return the chord between the unit vectors to a point and along a beam's axis."""
    x = row[c + COS_U] - beams.aim[step, i, 0]
    y = row[c + COS_V] - beams.aim[step, i, 1]
    z = row[c + COS_W] - beams.aim[step, i, 2]
    return np.sqrt(x * x + y * y + z * z)
