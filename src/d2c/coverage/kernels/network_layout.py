"""The arrays that the kernels of a network take and give: beam cells, demand, beams, levels, counters."""

from typing import NamedTuple

import numpy as np

TILE = 64  # most ground cells processed together
FILL = 16  # lanes are filled up to a multiple of this
BEAMS_FILL = 32  # and beams that are added up
COINS = 4  # strongest interferers that are played as coins
UNITS = 1 << 16  # of a histogram for one step
SHARE_UNITS = 1 << 20  # of a share of time
# Rows of a tile's float32 values for one satellite: phases of the point along and across the array with their sines
# and cosines (a planar array), or its direction cosines (other patterns); 1 / range^2 with the element's gain; C/N
# per PFD. In one array, rows at constant distances, so that the compiler can fill the lanes.
P_ALONG, P_ACROSS, SIN_ALONG, COS_ALONG, SIN_ACROSS, COS_ACROSS = (k * TILE for k in range(6))
COS_U, COS_V, COS_W = 0, TILE, 2 * TILE
CLOSE2, RECEIVE, SINE = 6 * TILE, 7 * TILE, 8 * TILE
EXPECTED = 9 * TILE  # what an average phone hears over what the one at hand hears
FLUX = 10 * TILE  # PFD of the beam at hand
# The rows of sums over the satellite's beams, of PFD F lit with the chance q, where the server's colour hears them, its
# server and coins left out: q F, q F^2, (q F)^2, q^2 F; q F of those that are not around the cell; and q F of all beams
# of the same frequency.
S_MEAN, S_SQUARE, S_LIT2, S_CHANCE2, S_AWAY, S_FLUX = (k * TILE for k in range(11, 17))
POINT_ROWS = 17 * TILE
# Rows of a tile's int32 values for one satellite: its place in the tables of the first phone of each cell, by azimuth
# and by elevation, and its elevation alone.
AROUND, HIGH, ELEVATION = (k * TILE for k in range(3))
PLACE_ROWS = 3 * TILE


class BeamCells(NamedTuple):
    """B beam cells.

    position_m, up (B, 3) float64; weight (B,) float64: demand, on average 1 where a cell may be served, 0 without
    demand, negative inside an exclusion; colour, cluster (B,) int64: frequency colour, and the cell's group.
    """

    position_m: np.ndarray
    up: np.ndarray
    weight: np.ndarray
    colour: np.ndarray
    cluster: np.ndarray


class Demand(NamedTuple):
    """D places by which the loads of satellites are levelled, the first `inside` of them clusters of beam cells.

    position_m, up (D, 3) float64; weight (D,) float64, in mean beam cells.
    """

    position_m: np.ndarray
    up: np.ndarray
    weight: np.ndarray
    inside: int


class NetworkRules(NamedTuple):
    """Rules of the network.

    beams: simultaneous beams of a satellite; full_power: how many of them it feeds at full power; cos_scan: cosine of
    the widest off-nadir angle; sin_mask: sine of the elevation mask; load: share of the beam cells that ask;
    signalling: share of time of a cell that does not ask; most_share: largest share of time that isolation leaves a
    cell.
    """

    beams: int
    full_power: int
    cos_scan: float
    sin_mask: float
    load: float
    signalling: float
    most_share: float


class BeamPattern(NamedTuple):
    """The beam of a payload.

    density: power flux density on the axis times squared range without scan loss, W/MHz; cap: highest PFD, W/m2/MHz;
    exponent: of the cosine of the off-nadir angle, for the scan loss. planar: whether the gain is that of a planar
    array, else a table by the angle off the axis. along, across: pi times the sides over the wavelength, down; the
    same times up_ratio, up. gain, gain_up (N + 2,) float32: gain against its peak at the chord k / per_chord between
    unit vectors. uplink (M + 2,): the uplink's C/N times squared range by the off-nadir angle.
    """

    density: float
    cap: float
    exponent: float
    planar: bool
    along: float
    across: float
    up_ratio: float
    gain: np.ndarray
    gain_up: np.ndarray
    per_chord: float
    uplink: np.ndarray


class Association(NamedTuple):
    """Who serves what over T steps, for B beam cells and S satellites.

    server (T, B) int32, -1 for none; outside (T, S) float64: weight of the places elsewhere that fall to a satellite;
    choice (T, D) float64: sum of what the satellites that may serve each of D places elsewhere are chosen by;
    far (T,) int64: how many pairs of place and satellite count.
    """

    server: np.ndarray
    outside: np.ndarray
    choice: np.ndarray
    far: np.ndarray


class HoppingBeams(NamedTuple):
    """The beams of T steps; the beams of the k-th serving satellite of step t are first[t, k] up to first[t, k + 1].

    satellites (T,) int64: how many serve; satellite (T, S) int64; alight (T, S): beams alight on average, of all it
    serves; few (T, S) bool: whether it has fewer beams than cells that ask, so that always as many are alight; spare
    (T, S): sum of q (1 - q) over the cells it serves, with the chance q to be alight. first (T, S + 1) int64. Of each
    beam (T, B): cell int32; serving int32, the k of its satellite; share float32, of time while the cell asks; lit
    float32, chance that it is alight; strength float32, PFD on its axis times squared range, with a planar array
    without scan loss, which depends on the place; aim (T, 3, B) float32, direction cosines of its axis; phase (T, 4,
    B) float32, sine and cosine of both phases of a planar array; send float32: the uplink's C/N times squared range
    at its centre. slot (T, B) int32: the beam of each cell, -1 for none. colour (B,) int64: of each cell. Of the beams
    elsewhere, place by place from far_first[t, k] (T, S + 1) int64 on: far_aim (T, F, 3) float32, direction cosines;
    far_strength, far_number (T, F) float32, strength of one beam and number of cells; far_lit (T, S) float32: chance
    that a beam is alight there.
    """

    satellites: np.ndarray
    satellite: np.ndarray
    alight: np.ndarray
    few: np.ndarray
    spare: np.ndarray
    first: np.ndarray
    cell: np.ndarray
    serving: np.ndarray
    share: np.ndarray
    lit: np.ndarray
    strength: np.ndarray
    aim: np.ndarray
    phase: np.ndarray
    send: np.ndarray
    slot: np.ndarray
    colour: np.ndarray
    far_first: np.ndarray
    far_aim: np.ndarray
    far_strength: np.ndarray
    far_number: np.ndarray
    far_lit: np.ndarray


class GroundPoints(NamedTuple):
    """G ground cells in K tiles of neighbours, with P points each.

    first (K + 1,) int64; centre_m, centre_up (3, G), point_m, point_up (P, 3, G) float64. near_first (K + 1,) int64:
    where the beam cells near each tile begin in near (N,) int64; around (N, TILE) float32: 1 for those that are around
    a cell of the tile, and may serve it, else 0; lanes (N, 2) int64: the first lane that holds such a cell and the one
    after the last, in multiples of FILL. variant, turn (G,) int32: of the phones of each cell.
    """

    first: np.ndarray
    centre_m: np.ndarray
    centre_up: np.ndarray
    point_m: np.ndarray
    point_up: np.ndarray
    near_first: np.ndarray
    near: np.ndarray
    around: np.ndarray
    lanes: np.ndarray
    variant: np.ndarray
    turn: np.ndarray


class LevelTables(NamedTuple):
    """What happens to a beam's power on its way, and how levels are counted.

    table (4, M + 2) float64: rows of `LinkCurves`, down to the lowest elevation at which a phone hears. sin_heard:
    its sine. coupling, same (C, C) float32: share of a colour's power (column) that another hears, and whether both
    have one frequency. isolated (B, N) int64: cells whose beams are never alight with that of a cell, -1 for none.
    least_c_n, least_c_in: C/N and C/(I+N), at the mean interference, that a phone needs to camp. activity: share of
    its resource elements that a beam alight sends. gamma (R, Q): quantiles of a gamma distribution of mean 1, by the
    log2 of its shape from gamma_low in steps of 1 / gamma_per. c_n_low_db, c_in_low_db, c_i_low_db: lower
    edges of the first bins; bins_per_db; log2 (6,) float32: polynomial of LinkCurves. allowed (L, M + 2): PFD in
    W/m2/MHz by the sine of the elevation k / M; aggregate (L,) bool: of all satellites together, else of the strongest
    one.
    """

    table: np.ndarray
    sin_heard: float
    coupling: np.ndarray
    same: np.ndarray
    isolated: np.ndarray
    least_c_n: float
    least_c_in: float
    activity: float
    gamma: np.ndarray
    gamma_low: float
    gamma_per: float
    c_n_low_db: float
    c_in_low_db: float
    c_i_low_db: float
    bins_per_db: float
    log2: np.ndarray
    allowed: np.ndarray
    aggregate: np.ndarray


class NetworkCounters(NamedTuple):
    """Counters of G ground cells over the level steps of a window; all zero before.

    camped (G,) int32: steps with a beam to camp on; c_n_bins (G, B) int32; c_in_bins, data_bins, c_i_bins (G, B)
    int64: C/(I+N) with all interferers sending, with their activity, and C/I, in UNITS a step; share_sum, lit_sum
    (G,) int64: of the serving beam, in SHARE_UNITS; pfd_max (G,), pfd_over_limit (L, G) float64: highest PFD of the
    serving beam and the mean of the others of its frequency, in W/m2/MHz and over what a limit allows.
    """

    camped: np.ndarray
    c_n_bins: np.ndarray
    c_in_bins: np.ndarray
    data_bins: np.ndarray
    c_i_bins: np.ndarray
    share_sum: np.ndarray
    lit_sum: np.ndarray
    pfd_max: np.ndarray
    pfd_over_limit: np.ndarray


class TileLevels(NamedTuple):
    """Working memory of one tile at one step, for up to S serving satellites.

    place_m, up (3, TILE) float64: of its points; points (S, POINT_ROWS) float32; places (PLACE_ROWS,) int32, of the
    satellite at hand. Of each cell (TILE,): server int32, the index of its beam, -1 for none; level, flux float32: its
    C/N and PFD; coins int32 and coin_level float32 (COINS, TILE): the strongest others; mean, variance, others
    float64: of interference over noise without coins, and the PFD of all beams; over_limit (L, TILE); heard, same (C,
    TILE) float32: coupling of each colour to the server's; far float64: mean interference to an average phone of all
    beams but those around. Of the cell at hand: chance (COINS,): that each coin is alight; rest (Q,) float32:
    quantiles of the rest; bins (3, Q) uint32.
    """

    place_m: np.ndarray
    up: np.ndarray
    points: np.ndarray
    places: np.ndarray
    server: np.ndarray
    level: np.ndarray
    flux: np.ndarray
    coins: np.ndarray
    coin_level: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    others: np.ndarray
    over_limit: np.ndarray
    heard: np.ndarray
    same: np.ndarray
    far: np.ndarray
    chance: np.ndarray
    rest: np.ndarray
    bins: np.ndarray


class ServiceNeeds(NamedTuple):
    """What V services require of C/(I+N), of the uplink's C/N and of the beam's time, and how margins are rounded.

    down_db, up_db (V,) float64; rate_db, up_rate_db (V,): bit rate of one user with all repetitions, of 1 bit/s, minus
    infinity for none; combined_db, up_combined_db (V,): what repetitions add to the level; of_c_in, of_c_n (R,)
    float32: what a beam carries down at C/(I+N), and a user's resource block up at C/N, from c_in_low_db and c_n_low_db
    of LevelTables on, of 1 bit/s; users_db (B,) float32: users at once of each beam cell, over one; shared (V,) bool:
    whether they share the beam's time, which a broadcast serves all with; receive_hops: whether a receive beam has no
    more time for a cell than the transmit beam. noise_rise: ratio, of the uplink; margin_low_db (V,): lower edge of
    the first bin; margin_bins: their number; bins_per_db; hysteresis: ratio by which another beam must be stronger for
    a handover.
    """

    down_db: np.ndarray
    up_db: np.ndarray
    rate_db: np.ndarray
    up_rate_db: np.ndarray
    combined_db: np.ndarray
    up_combined_db: np.ndarray
    of_c_in: np.ndarray
    of_c_n: np.ndarray
    users_db: np.ndarray
    shared: np.ndarray
    receive_hops: bool
    noise_rise: float
    margin_low_db: np.ndarray
    margin_bins: int
    bins_per_db: float
    hysteresis: float


class Handovers(NamedTuple):
    """Handovers of the phones of G ground cells, counted between steps a fixed time apart.

    cell, satellite (G,) int64: the beam at the last of these steps, -1 for none; number (G,) int32.
    """

    cell: np.ndarray
    satellite: np.ndarray
    number: np.ndarray
