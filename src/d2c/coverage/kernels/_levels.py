"""The compiled loops that evaluate link curves and the levels of the best server: uplink, decibels, PFD over limits."""

import numpy as np

from d2c.coverage.kernels.compiling import CALLED, LOOP, kernel
from d2c.coverage.kernels.layout import (
    AIR,
    BEAM,
    BEST_CLOSE2,
    BEST_COSINE,
    BEST_SINE,
    BEST_UP,
    COUNT,
    NO_MARGIN_DB,
    PFD_BY_OFF_NADIR,
    SERVER,
    SHORT,
    UPLINK_BY_ELEVATION,
    UPLINK_BY_OFF_NADIR,
)


@kernel(**LOOP)
def fill_curve(link, payload, which, lanes, floats, curves, argument, value):
    """Fill the row `value` of `curves` with a curve of the row `argument` of `floats`."""
    terms = link.terms[payload, which]
    if terms == 0:
        table = link.table[payload, which]
        last = np.float32(table.size - 2)
        for c in range(lanes):
            at = (
                np.sqrt(min(max(np.float32(1.0) - floats[c + argument], np.float32(0.0)), np.float32(1.0)))
                * last
            )
            at = at if at > 0 else np.float32(0.0)  # in spare lanes it is NaN
            i = np.int64(at)
            curves[c + value] = table[i] + (at - np.float32(i)) * (table[i + 1] - table[i])
        return
    centre, scale = link.centre[payload, which], link.scale[payload, which]
    a = link.coefficients[payload, which]
    c0, c1, c2, c3, c4, c5, c6, c7 = a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
    c8, c9, c10, c11 = a[8], a[9], a[10], a[11]
    if terms <= SHORT:
        for c in range(lanes):
            x = (floats[c + argument] - centre) * scale
            curves[c + value] = ((c8 * x + c9) * x + c10) * x + c11
        return
    for c in range(lanes):
        x = (floats[c + argument] - centre) * scale
        steep = ((((c0 * x + c1) * x + c2) * x + c3) * x + c4) * x + c5
        curves[c + value] = (((((steep * x + c6) * x + c7) * x + c8) * x + c9) * x + c10) * x + c11


@kernel(**LOOP)
def evaluate_uplink(link, payload_of, lanes, floats, curves, counts):
    """Fill BEST_UP, the uplink's C/N ratio at the best server."""
    for payload in range(link.cap.size):
        fill_curve(link, payload, UPLINK_BY_OFF_NADIR, lanes, floats, curves, BEST_COSINE, BEAM)
        fill_curve(link, payload, UPLINK_BY_ELEVATION, lanes, floats, curves, BEST_SINE, AIR)
        if link.cap.size == 1:  # nothing to look up, and the loop fills its lanes
            for c in range(lanes):
                floats[c + BEST_UP] = curves[c + BEAM] * curves[c + AIR] * floats[c + BEST_CLOSE2]
        else:
            for c in range(lanes):
                ratio = curves[c + BEAM] * curves[c + AIR] * floats[c + BEST_CLOSE2]
                floats[c + BEST_UP] = (
                    ratio if payload_of[counts[c + SERVER]] == payload else floats[c + BEST_UP]
                )


@kernel(**LOOP)
def fill_levels_db(link, lanes, floats, counts, ratio, level):
    """Fill the row `level` with a row of positive ratios in decibels, -1000 dB for cells without a server."""
    fill_decibels(link, lanes, floats, ratio, level)
    for c in range(lanes):
        floats[c + level] = floats[c + level] if counts[c + COUNT] > 0 else NO_MARGIN_DB


@kernel(**LOOP)
def fill_decibels(link, lanes, floats, ratio, level):
    """Fill the row `level` with a row of positive ratios in decibels.

    By a polynomial of the mantissa: numba has no vector logarithm here.
    """
    a = link.log2
    c0, c1, c2, c3, c4, c5 = a[0], a[1], a[2], a[3], a[4], a[5]
    for c in range(lanes):
        bits = np.float32(floats[c + ratio]).view(np.int32)
        x = np.int32((bits & np.int32(0x7FFFFF)) | np.int32(0x3F800000)).view(np.float32)
        log2 = ((((c0 * x + c1) * x + c2) * x + c3) * x + c4) * x + c5
        floats[c + level] = np.float32(3.0102999566) * (
            np.float32(np.int32(bits >> np.int32(23)) - np.int32(127)) + log2
        )


@kernel(**CALLED)
def compare_limits(requirements, link, payload_of, lanes, floats, curves, counts, over_limit):
    """Raise `over_limit` (L, LANES) to the PFD of the serving beam over what each limit allows."""
    points = np.float32(requirements.allowed.shape[1] - 2)
    for payload in range(link.cap.size):
        fill_curve(link, payload, PFD_BY_OFF_NADIR, lanes, floats, curves, BEST_COSINE, BEAM)
        for c in range(lanes):
            if counts[c + COUNT] > 0 and payload_of[counts[c + SERVER]] == payload:
                pfd = min(curves[c + BEAM] * floats[c + BEST_CLOSE2], link.cap[payload])
                at = min(max(floats[c + BEST_SINE], np.float32(0.0)), np.float32(1.0)) * points
                i = np.int64(at)
                for k in range(over_limit.shape[0]):
                    low, high = requirements.allowed[k, i], requirements.allowed[k, i + 1]
                    over_limit[k, c] = max(
                        over_limit[k, c], pfd / (low + (at - np.float32(i)) * (high - low))
                    )
