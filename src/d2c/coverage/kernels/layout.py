"""The arrays that the coverage kernels take and give: cells in tiles, satellite tracks, link curves, counters.

Cells lie in tiles of up to LANES neighbours, one SIMD lane a cell. A tile's values per cell stand in rows of LANES in
one flat array of each type (`TileWorkspace`): only with rows at constant distances can the compiler tell them apart
and fill the lanes. The value ROW of cell c is `floats[c + ROW]`. Positions are float32 relative to the tile's centre
(0.1 m at 2,000 km); all that is kept between steps is integer, so no order of summation matters.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import config, set_num_threads
from numba.extending import register_jitable

LANES = 256  # most cells of a tile; 144 to 256 were the fastest
FILL = 32  # lanes are filled up to a multiple of this
_LINE = 64  # bytes of a cache line
SPARE = _LINE // 4
CHUNK = 8  # directions come in a multiple of this
CURVES = 4
PFD_BY_OFF_NADIR, C_N_BY_ELEVATION, UPLINK_BY_OFF_NADIR, UPLINK_BY_ELEVATION = range(CURVES)
SHORT = 4  # terms of most curves; those of more take longer
DOUBT = np.float32(1e-5)  # more than the rounding of a float32 sine; of a ratio, 0.00004 dB

# Columns of Tiles.bounds, SatelliteTracks.direction and TileWorkspace.bounds_of.
CHORD, LEAN, LOWEST, HIGHEST, UP_X, UP_Y, UP_Z = range(7)
TO_X, TO_Y, TO_Z, COS_REACH, SIN_REACH = range(5)
BOUND_COLUMNS = 7
AT_X, AT_Y, AT_Z, DISTANCE, CLOSEST, SINE_MOST, EVERYWHERE = range(BOUND_COLUMNS)

# The rows of a tile's values follow one another, LANES apart. A row more is a name and a number higher by one: where
# they differ, the import fails.
FLOAT_ROWS = 12  # float32, `floats`
(
    SINE,  # of the candidate at hand: sine of its elevation,
    COSINE,  # cosine of its off-nadir angle
    CLOSE2,  # and 1 / range^2
    BEST_DOWN,  # of the best server so far: downlink power ratio,
    BEST_SINE,  # the same three
    BEST_COSINE,
    BEST_CLOSE2,
    BEST_UP,  # and uplink power ratio;
    DOWN_DB,  # then its levels
    UP_DB,
    MARGIN,  # and a service's margin in dB
    TOP,  # sine of the highest elevation so far
) = range(0, FLOAT_ROWS * LANES, LANES)
CURVE_ROWS = 2  # float32 looked up on the curves, `curves`
BEAM, AIR = range(0, CURVE_ROWS * LANES, LANES)  # by off-nadir angle and by elevation
INT_ROWS = 9  # int32, `counts`
(
    COUNT,  # of this step: satellites in view,
    SERVER,  # best server
    BIN,  # and histogram bin
    SAMPLES,  # the sums: steps with a satellite in view,
    SUM,  # satellites in view,
    MOST,  # most of them at once,
    TOP_STEP,  # step and satellite of the highest elevation
    TOP_SATELLITE,
    C_N_SUM,  # and C/N of the best server
) = range(0, INT_ROWS * LANES, LANES)
GAP_ROWS = 5  # int32 of each service and phone, `gaps`
SERVED, LEADING, LAST_SERVED, LONGEST, ENDED = range(0, GAP_ROWS * LANES, LANES)
PHONE_ROWS = 2  # float32 of each phone, `phones`: levels of its server in dB
PHONE_DOWN, PHONE_UP = range(0, PHONE_ROWS * LANES, LANES)
PLACE_ROWS = 3  # int32, `places`: where the candidate at hand stands in the tables of the first phone, by its
AROUND, HIGH, ELEVATION = range(
    0, PLACE_ROWS * LANES, LANES
)  # azimuth and elevation, and its elevation alone

AZIMUTHS = 128  # of the phones' tables; as in `propagation.skyline`, which a kernel may not import
NO_LEVEL = -32768  # in a slot: no server
NO_MARGIN_DB = np.float32(-1000.0)  # level or margin of a cell without a server


class Tiles(NamedTuple):
    """K tiles of G cells; the cells of a tile are neighbours in the arrays.

    first (K + 1,) int64; centre_m (K, 3) float64; cos_radius, sin_radius (K,) float64 of the angle at the Earth's
    centre that the tile spans; cells (K, 6 * LANES) float32: x, y, z in metres from the tile's centre and the
    vertical's x, y, z, NaN in spare lanes; area_m2 (K, LANES) int64, zero in spare lanes; variant, turn (K, LANES)
    int32: of the phones of each cell. bounds (K, 7) float32 hold for all cells of a tile: CHORD, their largest
    distance from its centre; UP, a unit vector, and LEAN, the most by which a vertical differs from it; LOWEST and
    HIGHEST height over the centre along the own vertical.
    """

    first: np.ndarray
    centre_m: np.ndarray
    cos_radius: np.ndarray
    sin_radius: np.ndarray
    cells: np.ndarray
    area_m2: np.ndarray
    variant: np.ndarray
    turn: np.ndarray
    bounds: np.ndarray


class PhoneTables(NamedTuple):
    """K phones in M variants, as in `link.phones.Phones`, flat; no phones (number 0) where all see everything.

    posture_db, posture (M * E * K,) float32: loss in dB, and as a ratio of powers; obstruction, shadowing (M * A * K,)
    int32; sight_levels (E,) int32; path_db, path (2 * E * L,) float32: loss in dB and as a ratio; expected (E,)
    float32: the mean of that ratio; number: K.
    """

    posture_db: np.ndarray
    posture: np.ndarray
    obstruction: np.ndarray
    shadowing: np.ndarray
    sight_levels: np.ndarray
    path_db: np.ndarray
    path: np.ndarray
    expected: np.ndarray
    number: int


class SatelliteTracks(NamedTuple):
    """S satellites over T steps.

    position_m (T, S, 3) float64, NaN where there is none; in_range (T, S) int32 and in_range_count (T,) int64,
    the satellites that may be above the mask of any cell; direction (T, 5, M) float32, of each of these TO_X, TO_Y and
    TO_Z, its unit vector from the Earth's centre, COS_REACH and SIN_REACH of the angle there within which it can be
    above the mask, M a multiple of CHUNK, spare ones never within reach; payload (S,) int64, row of the link tables;
    frame_end (T,) int64: number of the frame that a step ends, -1 where it ends none; slot (T,) int64: where
    the step's levels and servers are kept, -1 for nowhere.
    """

    position_m: np.ndarray
    in_range: np.ndarray
    in_range_count: np.ndarray
    direction: np.ndarray
    payload: np.ndarray
    frame_end: np.ndarray
    slot: np.ndarray


class LinkCurves(NamedTuple):
    """Power ratios of P payloads as curves, float32.

    PFD_BY_OFF_NADIR: PFD times squared range, by the cosine of the off-nadir angle; C_N_BY_ELEVATION: downlink C/N per
    PFD, by the sine of the elevation; UPLINK_BY_OFF_NADIR and UPLINK_BY_ELEVATION: the two factors of the uplink's C/N
    times squared range. cap (P,): highest PFD. Each curve is a polynomial of (argument - centre) * scale with so many
    `terms`, highest power first, where that is near enough, else (terms 0) a table of N + 2 points at argument 1 - (k
    / N)^2. terms (P, 4) int64, coefficients (P, 4, 12), centre, scale (P, 4), table (P, 4, N + 2). sin_mask: sine of
    the elevation mask. log2 (6,): polynomial on [1, 2), highest power first. most_density (P,): highest value of that
    curve; most_receive (P, B): that up to a sine of the elevation of (k + 1) / B.
    """

    terms: np.ndarray
    coefficients: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    table: np.ndarray
    cap: np.ndarray
    sin_mask: np.float32
    log2: np.ndarray
    most_density: np.ndarray
    most_receive: np.ndarray


class ServiceRequirements(NamedTuple):
    """What V services require, and the histograms' bins.

    down_db, up_db (V,) float32, minus infinity where a direction is not needed; c_n_low_db and margin_low_db (V,)
    float32, lower edge of the first bin; bins_per_db float32. allowed (L, N + 2) float32: PFD in W/m2/MHz that each
    limit allows, by the sine of the elevation k / N. gap_edges (J,) int32: a gap is in the last bin whose edge, in
    steps, it is longer than; the first edge is zero.
    """

    down_db: np.ndarray
    up_db: np.ndarray
    c_n_low_db: np.float32
    margin_low_db: np.ndarray
    bins_per_db: np.float32
    allowed: np.ndarray
    gap_edges: np.ndarray


class AccumulatorState(NamedTuple):
    """Counters of G cells from the start of the span on, which the kernel takes through one window after the other.

    As in CoverageStatistics and Frames, but the histograms (c_n_bins, margin_bins) have one more bin, for the steps
    without a server. c_n_centi_db (G,) int32: sum of the best server's C/N in 0.01 dB, which may run over, as only
    differences are used; frame_visible, frame_c_n_centi_db (F, G) and frame_served (F, V, G) int32: visible_samples,
    c_n_centi_db and served at the end of each of F frames.
    """

    visible_samples: np.ndarray
    visible_sum: np.ndarray
    visible_max: np.ndarray
    max_sine: np.ndarray
    c_n_centi_db: np.ndarray
    c_n_bins: np.ndarray
    served: np.ndarray
    leading_gap: np.ndarray
    trailing_gap: np.ndarray
    longest_gap: np.ndarray
    gap_squared_sum: np.ndarray
    gap_count: np.ndarray
    gap_steps: np.ndarray
    margin_bins: np.ndarray
    pfd_over_limit: np.ndarray
    frame_visible: np.ndarray
    frame_c_n_centi_db: np.ndarray
    frame_served: np.ndarray


class WindowCounters(NamedTuple):
    """Counters of one window of T steps; all zero before.

    top_step, top_satellite (G,) int32: the satellite that reached a higher elevation than any before, step -1 for
    none. timeline (N, T, 2 + 2 V) int64, a part from each of N threads: cells and area with a satellite above the
    mask, and with each service, these summed over the phones. seen (T, S) uint8: whether a cell sees the satellite. Of
    the steps with a slot: c_n_centi_db (slots, G) int16, NO_LEVEL for none, and server (slots, G) int32, -1 for none.
    work (K, 2) int64: candidates evaluated as servers, and candidates only counted as visible.
    """

    top_step: np.ndarray
    top_satellite: np.ndarray
    timeline: np.ndarray
    seen: np.ndarray
    c_n_centi_db: np.ndarray
    server: np.ndarray
    work: np.ndarray


class TileWorkspace(NamedTuple):
    """Working memory of one tile: rows of LANES as said at the top, and what is kept of M candidates.

    gaps (V * K, GAP_ROWS * LANES) int32, phones (K, PHONE_ROWS * LANES) float32, places (PLACE_ROWS * LANES,) int32.
    over_limit (L, LANES) float32: highest PFD over each limit; candidates (M + 1,) uint32, satellites; bounds_of
    (M, BOUND_COLUMNS) float32; within (M,) uint8: whether a satellite in range is a candidate for the tile.
    """

    floats: np.ndarray
    curves: np.ndarray
    counts: np.ndarray
    gaps: np.ndarray
    phones: np.ndarray
    places: np.ndarray
    over_limit: np.ndarray
    candidates: np.ndarray
    bounds_of: np.ndarray
    within: np.ndarray


@register_jitable
def aligned(room: Any) -> Any:
    """Return all but SPARE of an array of four-byte values, beginning where a cache line does.

    SIMD registers are as long as a line: from elsewhere each would be filled out of two, a fifth of the kernel's time.
    """
    past = np.int64(room.ctypes.data & np.uint64(_LINE - 1))
    spare = (_LINE - past) % _LINE // 4
    return room[spare : spare + room.size - SPARE]


def use_threads(workers: int | None) -> None:
    """Set how many threads the kernels use; None for all that numba was started with."""
    set_num_threads(min(workers or threads(), threads()))


def threads() -> int:
    """Return how many threads the kernels may use at most."""
    started: int = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    return started
