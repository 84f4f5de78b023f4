"""Elevations of a satellite at many places, and the exponential of float32, against the exact formulae."""

import numpy as np
import pytest
from network_twin import elevation_shares

from d2c.coverage.kernels import _elevation
from d2c.coverage.kernels.network_layout import NetworkRules

RULES = NetworkRules(
    beams=16,
    full_power=16,
    cos_scan=float(np.cos(np.radians(50.0))),
    sin_mask=float(np.sin(np.radians(25.0))),
    load=1.0,
    signalling=0.01,
    most_share=1.0,
)


def test_exponential():
    x = np.linspace(-86.0, 88.0, 1_001).astype(np.float32)
    ours = np.array([_elevation.exponential(value) for value in x])
    np.testing.assert_allclose(ours, np.exp(x.astype(float)), rtol=1e-7)


@pytest.mark.parametrize("places", [1, 64, 150])
def test_shares_are_those_of_the_look_angles(places):
    rng = np.random.default_rng(places)
    satellite_m = np.array([4_500e3, 1_000e3, 4_900e3])
    place_m = satellite_m + rng.uniform(-700e3, 700e3, (places, 3))
    place_m *= 6_370e3 / np.linalg.norm(place_m, axis=1)[:, None]
    up = place_m / np.linalg.norm(place_m, axis=1)[:, None]
    exact = elevation_shares(satellite_m[None], place_m, up, mask_deg=25.0, max_scan_deg=50.0)[:, 0]
    blocks = _elevation.place_blocks(place_m, up, np.ones(places))
    shares, work = np.full(len(blocks) * _elevation.BLOCK, -1.0), np.empty(_elevation.WORK_ROWS, np.float32)
    for number, block in enumerate(blocks):
        if _elevation.fill_shares(satellite_m, RULES, block, work):
            first = number * _elevation.BLOCK
            shares[first : first + _elevation.BLOCK] = work[_elevation.SHARE :][: _elevation.BLOCK]
    np.testing.assert_allclose(shares[:places], np.nan_to_num(exact, nan=-1.0), atol=5e-5)
    assert (shares[places:] == -1.0).all()  # spare lanes


def test_a_satellite_below_the_mask_serves_no_place():
    blocks = _elevation.place_blocks(np.array([[0.0, 0.0, 6_370e3]]), np.array([[0.0, 0.0, 1.0]]), np.ones(1))
    work = np.empty(_elevation.WORK_ROWS, np.float32)
    assert not _elevation.fill_shares(np.array([6_800e3, 0.0, 0.0]), RULES, blocks[0], work)
