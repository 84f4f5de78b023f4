"""Free-space loss against P.525 and invariants."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from d2c.errors import ModelRangeError
from d2c.propagation.free_space import free_space_loss_db, spreading_loss_db_m2


def test_matlab_satellite_cnr_example():
    """MathWorks prints 205.3634 dB for 40,215 km at 11 GHz."""
    loss = free_space_loss_db(slant_range_m=40_215e3, frequency_hz=11e9)
    assert loss == pytest.approx(205.3634, abs=0.5e-4)


def test_tr38811_rounded_constant():
    """TR 38.811 eq. (6.6-2) rounds the constant 32.4478 to 32.45."""
    loss = free_space_loss_db(slant_range_m=1_000e3, frequency_hz=2e9)
    assert loss == pytest.approx(32.45 + 20 * math.log10(2) + 20 * math.log10(1e6), abs=0.005)


def test_spreading_by_hand():
    """4 pi = 12.566 square metres at 1 m are 10.9921 dB; 525 km add 20 log10 525,000 = 114.4032 dB."""
    assert spreading_loss_db_m2(slant_range_m=1.0) == pytest.approx(10.9921, abs=0.5e-4)
    assert spreading_loss_db_m2(slant_range_m=525e3) == pytest.approx(125.3953, abs=0.6e-4)


@given(st.floats(1e3, 1e9), st.floats(1e8, 1e11))
def test_doubled_range_loses_6_02_db(slant_range_m, frequency_hz):
    double = 20 * math.log10(2)
    near = free_space_loss_db(slant_range_m=slant_range_m, frequency_hz=frequency_hz)
    far = free_space_loss_db(slant_range_m=2 * slant_range_m, frequency_hz=frequency_hz)
    assert far - near == pytest.approx(double, abs=1e-9)
    spread = spreading_loss_db_m2(slant_range_m=np.array([1.0, 2.0]) * slant_range_m)
    assert spread[1] - spread[0] == pytest.approx(double, abs=1e-9)


@given(st.floats(1e5, 1e9), st.floats(1e8, 1e11))
def test_loss_is_spreading_into_an_isotropic_aperture(slant_range_m, frequency_hz):
    """P.525: the loss is the spreading over the effective area lambda^2 / 4 pi of an isotropic antenna."""
    area_db = 10 * math.log10((299_792_458.0 / frequency_hz) ** 2 / (4 * math.pi))
    loss = free_space_loss_db(slant_range_m=slant_range_m, frequency_hz=frequency_hz)
    assert loss == pytest.approx(spreading_loss_db_m2(slant_range_m=slant_range_m) - area_db, abs=1e-9)


def test_inputs_broadcast_and_nan_passes():
    loss = free_space_loss_db(
        slant_range_m=np.array([[1e6], [np.nan]]), frequency_hz=np.array([1e9, 2e9, 3e9])
    )
    assert loss.shape == (2, 3)
    assert np.isfinite(loss[0]).all()
    assert np.isnan(loss[1]).all()


@pytest.mark.parametrize(("slant_range_m", "frequency_hz"), [(0.0, 2e9), (-1.0, 2e9), (1e6, 0.0)])
def test_inputs_not_above_zero_are_errors(slant_range_m, frequency_hz):
    with pytest.raises(ModelRangeError, match=r"must be above 0 .*P\.525-4"):
        free_space_loss_db(slant_range_m=slant_range_m, frequency_hz=frequency_hz)
