"""The slow twin of phones: what each loses on the way to a satellite, by the tables as documented."""

import numpy as np


def compass(up):
    """Return the unit vectors to the north and to the east at a place, by the normal of the ellipsoid."""
    east = np.cross([0.0, 0.0, 1.0], up)
    east /= np.linalg.norm(east)
    return np.cross(up, east), east


def losses_slowly(phones, variant, turn, satellite_m, place_m, up):
    """Return loss by posture and on the path of each phone of a cell to one satellite, both (K,) in dB."""
    away = (satellite_m - place_m) / np.linalg.norm(satellite_m - place_m)
    north, east = compass(up)
    azimuths, sines, levels = (
        phones.obstruction.shape[2],
        phones.posture_db.shape[2],
        phones.path_db.shape[2],
    )
    azimuth = np.arctan2(away @ east, away @ north) % (2 * np.pi)
    a = (int(azimuth / (2 * np.pi) * azimuths) + int(turn)) % azimuths
    e = int(np.floor(max(away @ up, 0.0) * (sines - 1) + 0.5))
    hidden = phones.obstruction[variant, :, a] + 0.5 > phones.line_of_sight[e] * levels
    path_db = phones.path_db[hidden.astype(int), e, phones.shadowing[variant, :, a]]
    return phones.posture_db[variant, :, e], path_db


def expected_gain_slowly(phones, satellite_m, place_m, up):
    """Return what phones keep on average of a satellite's power beside their postures, as a ratio."""
    sine = (satellite_m - place_m) @ up / np.linalg.norm(satellite_m - place_m)
    e = int(np.floor(max(sine, 0.0) * (phones.posture_db.shape[2] - 1) + 0.5))
    in_sight, hidden = (10 ** (-phones.path_db[:, e] / 10)).mean(axis=1)
    return phones.line_of_sight[e] * in_sight + (1 - phones.line_of_sight[e]) * hidden
