"""The curves that the kernel looks up against the budget they stand for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from d2c.coverage.kernels import _best_server, _levels, layout, link_curves
from d2c.library import models
from d2c.link.budget import RadioLink
from d2c.link.geometry import look_angles_on_sphere


def looked_up(tables, look):
    """Return C/N of both directions as the kernel's own functions give them, one payload, any shape of look."""
    n = look.slant_range_m.size
    floats = np.zeros(layout.FLOAT_ROWS * layout.LANES, np.float32)
    floats[layout.SINE : layout.SINE + n] = np.sin(np.radians(look.elevation_deg)).ravel()
    floats[layout.COSINE : layout.COSINE + n] = np.cos(np.radians(look.off_nadir_deg)).ravel()
    floats[layout.CLOSE2 : layout.CLOSE2 + n] = 1 / look.slant_range_m.ravel() ** 2
    counts = np.zeros(layout.INT_ROWS * layout.LANES, np.int32)
    curves = np.zeros(layout.CURVE_ROWS * layout.LANES, np.float32)
    _levels.fill_curve(tables, 0, layout.PFD_BY_OFF_NADIR, n, floats, curves, layout.COSINE, layout.BEAM)
    _levels.fill_curve(tables, 0, layout.C_N_BY_ELEVATION, n, floats, curves, layout.SINE, layout.AIR)
    _best_server._update_best_by_curves(
        tables.cap[0], tables.sin_mask, np.int32(0), n, floats, curves, counts
    )
    _levels.evaluate_uplink(tables, np.zeros(1, np.int64), n, floats, curves, counts)
    down, up = (floats[row : row + n] for row in (layout.BEST_DOWN, layout.BEST_UP))
    return 10 * np.log10(down.astype(float)), 10 * np.log10(up.astype(float))


@settings(deadline=None, max_examples=60)
@given(
    mask_deg=st.sampled_from([0.0, 5.0, 10.0, 25.0, 40.0]),
    altitude_km=st.floats(300, 1_500),
    share=st.lists(st.floats(0, 1), min_size=1, max_size=50),
    exponent=st.sampled_from([None, 1.2, 3.0]),
    capped=st.booleans(),
    losses=st.sampled_from(["outdoor", "car", "pocket", "indoor", "indoor-thermally-efficient"]),
)
def test_looked_up_c_n_is_the_budgets(mask_deg, altitude_km, share, exponent, capped, losses):
    payload = models.read_payload("starlink-d2c")
    scan = models.Figure(value=exponent, assumed="for the test") if exponent else None
    payload = payload.model_copy(
        update={"beam": payload.beam.model_copy(update={"scan_loss_exponent": scan})}
    )
    link = RadioLink(payload, models.read_handset("3gpp-handheld"), models.read_loss_set(losses))
    link = link if capped else link.without_pfd_cap()
    tables = link_curves.link_curves([link], min_elevation_deg=mask_deg, altitude_m=(300e3, 1_500e3))
    look = look_angles_on_sphere(
        altitude_m=altitude_km * 1e3, elevation_deg=mask_deg + (90 - mask_deg) * np.array(share)
    )
    at = {
        "slant_range_m": look.slant_range_m,
        "elevation_deg": look.elevation_deg,
        "off_nadir_deg": look.off_nadir_deg,
    }
    down, up = looked_up(tables, look)
    np.testing.assert_allclose(down, link.downlink(**at).c_n_db, atol=0.01)
    np.testing.assert_allclose(up, link.uplink(**at).c_n_db, atol=0.01)


@pytest.mark.parametrize("ratio", [1e-9, 0.3, 1.0, 1.9999999, 2.0, 12345.678, 1e12])
def test_decibels_of_the_kernel(ratio):
    tables = link_curves.link_curves(
        [
            RadioLink(
                models.read_payload("starlink-d2c"),
                models.read_handset("3gpp-handheld"),
                models.read_loss_set("outdoor"),
            )
        ],
        min_elevation_deg=25.0,
        altitude_m=(300e3, 400e3),
    )
    floats = np.zeros(layout.FLOAT_ROWS * layout.LANES, np.float32)
    floats[layout.BEST_UP] = ratio
    counts = np.zeros(layout.INT_ROWS * layout.LANES, np.int32)
    counts[layout.COUNT] = 1
    _levels.fill_levels_db(tables, 2, floats, counts, layout.BEST_UP, layout.UP_DB)
    assert floats[layout.UP_DB] == pytest.approx(10 * np.log10(ratio), abs=1e-4)
    assert floats[layout.UP_DB + 1] == layout.NO_MARGIN_DB == -1000.0  # a cell without a server


def test_percentiles_of_counted_levels():
    level = np.random.default_rng(1).normal(0, 2, 4_000)
    counts = np.histogram(level, bins=200, range=(-10, 10))[0][None].astype(np.int32)
    for fraction in (0.05, 0.5, 0.95):
        found = link_curves.percentile_db(counts, -10.0, fraction)[0]
        assert found == pytest.approx(np.quantile(level, fraction), abs=0.1)  # the width of a bin
    assert np.isnan(link_curves.percentile_db(np.zeros((1, 200), np.int32), -10.0, 0.5)[0])
