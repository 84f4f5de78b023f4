"""The compiled loops that find the server of each phone of a tile's cells: phones differ in what they see and lose.

Each phone has the satellite in view that it hears best, over its own loss on the way there; both directions lose alike.
`link/phones.py` says what the tables hold, `tests/twins/coverage_twin.py` the same in plain numpy.
"""

import numpy as np

from d2c.coverage.kernels._best_server import fill_geometry
from d2c.coverage.kernels._levels import fill_curve, fill_decibels
from d2c.coverage.kernels.compiling import CALLED, LOOP, kernel
from d2c.coverage.kernels.layout import (
    AIR,
    AROUND,
    AZIMUTHS,
    BEAM,
    BEST_DOWN,
    BEST_UP,
    C_N_BY_ELEVATION,
    CLOSE2,
    COSINE,
    DOUBT,
    DOWN_DB,
    ELEVATION,
    HIGH,
    LANES,
    NO_MARGIN_DB,
    PFD_BY_OFF_NADIR,
    PHONE_DOWN,
    PHONE_UP,
    SINE,
    SINE_MOST,
    UP_DB,
    UPLINK_BY_ELEVATION,
    UPLINK_BY_OFF_NADIR,
)


@kernel(**CALLED)
def find_phone_servers(tiles, tracks, link, phones, tile, step, candidate_count, lanes, rows):
    """Fill the levels of each phone's server, NO_MARGIN_DB without a satellite in view."""
    floats, curves, cells = rows.floats, rows.curves, tiles.cells[tile]
    rows.phones[:] = NO_MARGIN_DB
    for k in range(candidate_count):
        satellite, bound = rows.candidates[k], rows.bounds_of[k]
        if bound[SINE_MOST] < link.sin_mask - DOUBT:
            continue
        fill_geometry(tracks, cells, step, satellite, bound, lanes, floats)
        payload = tracks.payload[satellite]
        _fill_levels(link, payload, lanes, floats, curves)
        _fill_places(phones, cells, bound, tiles.variant[tile], tiles.turn[tile], lanes, floats, rows.places)
        for phone in range(phones.number):
            _offer(phones, phone, link.sin_mask, lanes, floats, rows.places, rows.phones[phone])


@kernel(**LOOP)
def _fill_levels(link, payload, lanes, floats, curves):
    """Fill DOWN_DB and UP_DB of a candidate."""
    fill_curve(link, payload, PFD_BY_OFF_NADIR, lanes, floats, curves, COSINE, BEAM)
    fill_curve(link, payload, C_N_BY_ELEVATION, lanes, floats, curves, SINE, AIR)
    cap = link.cap[payload]
    for c in range(lanes):
        floats[c + BEST_DOWN] = min(curves[c + BEAM] * floats[c + CLOSE2], cap) * curves[c + AIR]
    fill_curve(link, payload, UPLINK_BY_OFF_NADIR, lanes, floats, curves, COSINE, BEAM)
    fill_curve(link, payload, UPLINK_BY_ELEVATION, lanes, floats, curves, SINE, AIR)
    for c in range(lanes):
        floats[c + BEST_UP] = curves[c + BEAM] * curves[c + AIR] * floats[c + CLOSE2]
    fill_decibels(link, lanes, floats, BEST_DOWN, DOWN_DB)
    fill_decibels(link, lanes, floats, BEST_UP, UP_DB)


@kernel(**LOOP)
def azimuth_share(north, east):
    """Return the azimuth of a direction as a share of the circle, from north over east; any length.

    Source: Abramowitz and Stegun, eq. (4.4.49), to 1e-5 rad.
    """
    a, b = abs(north), abs(east)
    t = min(a, b) / max(max(a, b), np.float32(1e-20))
    t2 = t * t
    angle = (
        t
        * (
            np.float32(0.9998660)
            + t2
            * (
                np.float32(-0.3302995)
                + t2 * (np.float32(0.1801410) + t2 * (np.float32(-0.0851330) + t2 * np.float32(0.0208351)))
            )
        )
        * np.float32(0.5 / np.pi)
    )
    angle = np.float32(0.25) - angle if b > a else angle
    angle = np.float32(0.5) - angle if north < 0 else angle
    return np.float32(1.0) - angle if east < 0 else angle


@kernel(**LOOP)
def _fill_places(phones, cells, bound, variant, turn, lanes, floats, places):
    """Fill where the candidate stands in the tables of the first phone."""
    sx, sy, sz = bound[0], bound[1], bound[2]
    sines = np.int32(phones.sight_levels.size)
    for c in range(lanes):
        dx, dy, dz = sx - cells[c], sy - cells[c + LANES], sz - cells[c + 2 * LANES]
        ux, uy, uz = cells[c + 3 * LANES], cells[c + 4 * LANES], cells[c + 5 * LANES]
        north = dz * (ux * ux + uy * uy) - uz * (ux * dx + uy * dy)
        at = azimuth_share(north, ux * dy - uy * dx) * np.float32(AZIMUTHS)
        around = np.int32(at if at > 0 else np.float32(0.0)) + turn[c]  # in spare lanes it is NaN
        sine = min(floats[c + SINE], np.float32(1.0)) * np.float32(sines - 1) + np.float32(0.5)
        e = np.int32(sine if sine > 0 else np.float32(0.0))
        number = np.int32(phones.number)
        places[c + AROUND] = (variant[c] * np.int32(AZIMUTHS) + around % np.int32(AZIMUTHS)) * number
        places[c + HIGH] = (variant[c] * sines + e) * number
        places[c + ELEVATION] = e


@kernel(**LOOP)
def _offer(phones, phone, sin_mask, lanes, floats, places, levels):
    """Keep the candidate as a phone's server where it hears it best so far."""
    sines = np.uint32(phones.sight_levels.size)
    per_sine = np.uint32(phones.path_db.size) // (np.uint32(2) * sines)
    obstruction, shadowing = phones.obstruction[phone:], phones.shadowing[phone:]
    posture_db = phones.posture_db[phone:]
    for c in range(lanes):
        at, e = np.uint32(places[c + AROUND]), np.uint32(places[c + ELEVATION])
        hidden = np.uint32(obstruction[at] >= phones.sight_levels[e])
        path = (hidden * sines + e) * per_sine + np.uint32(shadowing[at])
        lost = posture_db[np.uint32(places[c + HIGH])] + phones.path_db[path]
        down = floats[c + DOWN_DB] - lost
        better = floats[c + SINE] >= sin_mask and down > levels[c + PHONE_DOWN]
        levels[c + PHONE_UP] = floats[c + UP_DB] - lost if better else levels[c + PHONE_UP]
        levels[c + PHONE_DOWN] = down if better else levels[c + PHONE_DOWN]


@kernel(**LOOP)
def phone_gain(phones, phone, around, high, e):
    """Return what a phone keeps of a satellite's power, as a ratio, at a place in the tables of the first phone."""
    sines = np.int64(phones.sight_levels.size)
    per_sine = np.int64(phones.path.size) // (2 * sines)
    hidden = np.int64(phones.obstruction[around + phone] >= phones.sight_levels[e])
    path = phones.path[(hidden * sines + e) * per_sine + phones.shadowing[around + phone]]
    return phones.posture[high + phone] * path
