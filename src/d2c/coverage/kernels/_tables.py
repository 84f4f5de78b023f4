"""Look-up in tables of float64, for the compiled loops of a network of beams."""

import numpy as np

from d2c.coverage.kernels.compiling import PLAIN, kernel


@kernel(**PLAIN)
def look_up(table, argument):
    """Return a curve of `LinkCurves`, which has its points at 1 - (k / M)^2."""
    return interpolate(table, place_in_curve(table, argument))


@kernel(**PLAIN)
def place_in_curve(table, argument):
    """Return where a curve of `LinkCurves` has an argument, in steps of its points."""
    return np.sqrt(min(max(1.0 - argument, 0.0), 1.0)) * (table.size - 2)


@kernel(**PLAIN)
def interpolate(table, at):
    """Return the value of a table at a place between two of its points."""
    i = np.int64(at)
    return table[i] + (at - i) * (table[i + 1] - table[i])
