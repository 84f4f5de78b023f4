"""The compiled loops over places a satellite may serve: how high it stands at each, one SIMD lane a place.

Places stand in blocks, rows of float32 at constant distances in one array, so that the compiler can fill the lanes.
Positions from the Earth's centre are rounded by 0.25 m there, elevations by 2e-6 rad. No flag lets the compiler
reorder or fuse: a share has the same bits wherever it is computed.
"""

import numpy as np

from d2c.coverage.kernels.compiling import COMPILED, EXACT_LOOP, kernel

BLOCK = 64  # places processed together
AT_X, AT_Y, AT_Z, UP_X, UP_Y, UP_Z, WEIGHT = (k * BLOCK for k in range(7))
PLACE_ROWS = 7 * BLOCK
# working rows: of a satellite and each place, and what the callers keep of them
HEIGHT, DISTANCE2, TOWARD, SHARE, CHOSEN, TOTAL, HIGHEST, SERVER = (k * BLOCK for k in range(8))
WORK_ROWS = 8 * BLOCK

_ZERO, _ONE, _NONE = np.float32(0.0), np.float32(1.0), np.float32(-1.0)
_A0, _A1, _A2, _A3 = (np.float32(a / (np.pi / 2)) for a in (1.5707288, -0.2121144, 0.0742610, -0.0187293))
_LOG2_E, _LN2_HIGH, _LN2_LOW = np.float32(1.44269504), np.float32(0.693359375), np.float32(-2.12194440e-4)
_E2, _E3, _E4 = np.float32(5.0000001201e-1), np.float32(1.6666665459e-1), np.float32(4.1665795894e-2)
_E5, _E6, _E7 = np.float32(8.3334519073e-3), np.float32(1.3981999507e-3), np.float32(1.9875691500e-4)


@kernel(**COMPILED)
def place_blocks(position_m, up, weight):
    """Return places (D, 3), (D, 3), (D,) in blocks (K, PLACE_ROWS); spare lanes see no satellite and weigh nothing."""
    blocks = np.full((-(-weight.size // BLOCK), PLACE_ROWS), np.nan, np.float32)
    for block in range(blocks.shape[0]):
        rows = blocks[block]
        rows[WEIGHT : WEIGHT + BLOCK] = 0.0
        first = block * BLOCK
        for i in range(min(BLOCK, weight.size - first)):
            d = first + i
            rows[i + AT_X], rows[i + AT_Y], rows[i + AT_Z] = position_m[d]
            rows[i + UP_X], rows[i + UP_Y], rows[i + UP_Z] = up[d]
            rows[i + WEIGHT] = weight[d]
    return blocks


@kernel(**EXACT_LOOP)
def sum_of_lanes(lanes):
    """Return the sum of a block (BLOCK,), halved again and again in place."""
    width = BLOCK // 2
    while width > 0:
        for i in range(width):
            lanes[i] += lanes[i + width]
        width //= 2
    return lanes[0]


@kernel(**EXACT_LOOP)
def elevation_share(sine):
    """Return an elevation over 90 deg by its sine, in float32: to 5e-5, within 0.1 deg of the zenith to 3e-4.

    Source: Abramowitz and Stegun, eq. (4.4.45).
    """
    x = min(max(sine, _ZERO), _ONE)
    return _ONE - np.sqrt(_ONE - x) * (_A0 + x * (_A1 + x * (_A2 + _A3 * x)))


@kernel(**EXACT_LOOP)
def exponential(x):
    """Return e^x in float32, to 1e-7 of it, for x between -87 and 88.

    Source: the polynomial of expf in Moshier's Cephes library.
    """
    n = np.rint(x * _LOG2_E)
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    steep = ((((_E7 * r + _E6) * r + _E5) * r + _E4) * r + _E3) * r + _E2
    power = np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)  # 2^n
    return (steep * r * r + r + _ONE) * power


@kernel(**EXACT_LOOP)
def fill_shares(satellite_m, rules, places, work):
    """Fill SHARE of a block: a satellite's elevation over 90 deg, -1 where it may not serve.

    Return whether it may serve any of them; if not, SHARE is not filled.
    """
    x, y, z = np.float32(satellite_m[0]), np.float32(satellite_m[1]), np.float32(satellite_m[2])
    radius = np.sqrt(x * x + y * y + z * z)
    sin_mask = max(np.float32(rules.sin_mask), _ZERO)
    sin_mask2, least_toward = sin_mask * sin_mask, np.float32(rules.cos_scan) * radius
    above = np.int32(0)
    for i in range(BLOCK):
        dx, dy, dz = x - places[i + AT_X], y - places[i + AT_Y], z - places[i + AT_Z]
        height = dx * places[i + UP_X] + dy * places[i + UP_Y] + dz * places[i + UP_Z]
        distance2 = dx * dx + dy * dy + dz * dz
        work[i + HEIGHT], work[i + DISTANCE2] = height, distance2
        work[i + TOWARD] = dx * x + dy * y + dz * z
        above = np.int32(above + np.int32(height * abs(height) >= sin_mask2 * distance2))
    if above == 0:
        return False  # most satellites, without a root
    for i in range(BLOCK):
        height, distance2 = work[i + HEIGHT], work[i + DISTANCE2]
        distance = np.sqrt(distance2)
        served = (height * abs(height) >= sin_mask2 * distance2) & (
            work[i + TOWARD] >= least_toward * distance
        )
        share = elevation_share(height / distance)
        work[i + SHARE] = share if served else _NONE
    return True
