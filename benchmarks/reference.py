"""Reference loops: the machine's peak float32 rate, and a fixed small loop to which kernel times are related."""

import numpy as np
from numba import njit, prange

LANES = 512
FLOP_PER_ROUND = LANES * 8 * 2


@njit(parallel=True, cache=True, error_model="numpy", fastmath={"contract"})
def multiply_add(blocks, rounds, a, b):
    """Execute blocks * rounds * FLOP_PER_ROUND float32 operations, all of them fused multiply-adds.

    Eight of them hide load and store; they are unrolled by hand, since a loop of eight may not be vectorised.
    """
    out = np.zeros(blocks, np.float32)
    for block in prange(blocks):
        x = np.full(LANES, np.float32(block), np.float32)
        for _ in range(rounds):
            for i in range(LANES):
                p = x[i] * a + b
                q = ((p * a + b) * a + b) * a + b
                x[i] = (((q * a + b) * a + b) * a + b) * a + b
        out[block] = x[0]
    return out


@njit(cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def reference(cells, satellites, best):
    """Keep in best (C,) the maximum of a polynomial over satellites (S, 3) as viewed from cells (6, C), float32.

    The same kinds of operation as in the kernel (differences, a root, a quotient, a polynomial, a selection) in
    separate code. Do not change it: kernel times are related to its time.
    """
    one, half, low = np.float32(1.0), np.float32(0.5), np.float32(0.4)
    for s in range(satellites.shape[0]):
        px, py, pz = satellites[s]
        for c in range(best.size):
            dx, dy, dz = px - cells[0, c], py - cells[1, c], pz - cells[2, c]
            close2 = one / (dx * dx + dy * dy + dz * dz)
            sine = (dx * cells[3, c] + dy * cells[4, c] + dz * cells[5, c]) * np.sqrt(close2)
            value = (((sine * half + one) * sine + half) * sine + one) * close2
            better = np.int32(sine >= low) & np.int32(value > best[c])
            best[c] = value if better else best[c]
