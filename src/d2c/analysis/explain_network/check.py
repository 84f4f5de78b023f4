"""Cross-check of a stored cell of a network of beams against the exact link budget.

C/(I+N) and C/I are compared with the distribution that the run assumes, by exact moments: the strongest interferers as
coins and the others as a gamma distribution.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.cross_check import BIN_DB, Check, column_check, service_checks
from d2c.analysis.explain_network.cell import NEAR_DB, NetworkCell
from d2c.analysis.explain_network.span import NetworkSpan
from d2c.analysis.weighted_quantile import weighted_quantile
from d2c.coverage.network.columns import compared_hours
from d2c.coverage.network.levels import C_I_HIGH_DB, C_I_LOW_DB, beam_rates_bit_s
from d2c.link.rate import cqi
from d2c.link.reference_signal import resource_element_activity, rsrp_dbm, rsrq_db
from d2c.units import to_db

Floats = NDArray[np.float64]

_PART = 1e-3  # of a step: so much the kernel's histograms round the outcomes of one step together
_ROUNDING = 1e-6  # of a sample, where a percentile lies between two of them
# Above such a C/I the variance of the interference is what the kernel's float32 sums leave of a large difference: then
# only that the stored C/I is above it too is compared.
_QUIET_C_I_DB = 30.0
_SHARE = 2e-6  # shares of time are summed in so fine parts


def network_checks(row: Mapping[str, Any], span: NetworkSpan, cell: NetworkCell) -> list[Check]:
    """Return the stored figures of a network of beams beside the exact ones.

    Levels agree within their bin of 0.1 dB. Samples too near to a limit, or with two beams of the same level, may fall
    on either side: percentiles and shares have that much room.
    """
    return [*_level_checks(row, span, cell), *_service_checks(row, span, cell)]


@dataclass(frozen=True, eq=False, slots=True)
class _Percentiles:
    """Compares percentiles over the level steps with a beam to camp on, none of them for steps = 0.

    unsure: share of the steps that float32 may decide otherwise.
    """

    row: Mapping[str, Any]
    steps: int
    unsure: float

    def check(
        self,
        column: str,
        level_db: Floats,
        percent: int,
        *,
        weight: Floats | None = None,
        figure: Callable[[Any], Any] = lambda level_db: level_db,
        quiet_db: float = np.inf,
    ) -> Check:
        """Compare a figure that follows from the percentile of a level; weight: of the outcomes of each step."""
        if not self.steps:
            return column_check(self.row, column, np.nan, 0)
        weights = np.ones(level_db.shape) if weight is None else weight
        room = self.unsure + (0.0 if weight is None else _PART)
        low, exact, high = (
            weighted_quantile(level_db.ravel(), weights.ravel(), min(max(share, 0.0), 1.0))
            for share in (percent / 100 - room, percent / 100, percent / 100 + room)
        )
        near_db = BIN_DB + NEAR_DB + max(exact - quiet_db, 0.0)
        figures = figure(np.array([low - near_db, exact, high + near_db]))
        return column_check(self.row, column, float(figures[1]), float(np.abs(figures - figures[1]).max()))


def _level_checks(row: Mapping[str, Any], span: NetworkSpan, cell: NetworkCell) -> Iterator[Check]:
    levels, load, camped = span.levels, cell.plan.beams.load, span.levels.camped
    steps = int(camped.sum())
    percentiles = _Percentiles(row, steps, (int(levels.doubtful.sum()) + _ROUNDING) / max(steps, 1))
    c_n_db = levels.c_n_db[camped]
    rsrp = rsrp_dbm(cell.link.handset, c_n_db=c_n_db)
    interference, weight = levels.outcomes.level[camped], levels.outcomes.weight[camped]
    c_in_db = c_n_db[:, None] - to_db(1.0 + interference)
    for percent in (5, 50, 95):
        yield percentiles.check(f"rsrp_p{percent:02d}_dbm", rsrp, percent)
        yield percentiles.check(f"c_in_p{percent:02d}_db", c_in_db, percent, weight=weight)
    c_i_db = np.clip(c_n_db[:, None] - to_db(interference), C_I_LOW_DB, C_I_HIGH_DB - BIN_DB / 2)
    yield percentiles.check("c_i_p50_db", c_i_db, 50, weight=weight, quiet_db=_QUIET_C_I_DB)
    data_db = c_n_db[:, None] - to_db(1.0 + resource_element_activity(load) * interference)
    rate_bit_s = beam_rates_bit_s(cell.plan.beams, cell.link)
    for column, figure in (
        ("rsrq_p50_db", lambda level_db: rsrq_db(level_db, load=load)),
        ("rate_p50_kbps", lambda level_db: rate_bit_s[cqi(level_db)] / 1e3),
    ):
        yield percentiles.check(column, data_db, 50, weight=weight, figure=figure)
    share = levels.share[camped]
    mean = float(share.mean()) if steps else np.nan
    yield column_check(row, "duty", mean, _SHARE + percentiles.unsure * float(share.max(initial=0.0)))
    yield column_check(row, "camping", float(camped.mean()), int(levels.doubtful.sum()) / len(camped))
    yield _throughput_check(row, data_db, weight, rate_bit_s, mean, percentiles.unsure, cell)


def _throughput_check(
    row: Mapping[str, Any],
    data_db: Floats,
    weight: Floats,
    rate_bit_s: NDArray[np.int64],
    duty: float,
    unsure: float,
    cell: NetworkCell,
) -> Check:
    """Compare what beams carry by area: load, hop share and mean bit rate, which a bin of the histogram may change."""
    area_km2 = cell.plan.lattice.area_m2 / 1e6
    if not len(data_db):
        return column_check(row, "throughput_kbps_km2", np.nan, 0)
    to_column = cell.plan.beams.load * duty / 1e3 / area_km2
    low, exact, high = (
        float((rate_bit_s[cqi(data_db + more_db)] * weight).sum() / weight.sum()) * to_column
        for more_db in (-BIN_DB - NEAR_DB, 0.0, BIN_DB + NEAR_DB)
    )
    highest = float(rate_bit_s.max()) * to_column
    allowed = max(high - exact, exact - low) + (unsure + _PART) * highest
    return column_check(row, "throughput_kbps_km2", exact, allowed)


def _service_checks(row: Mapping[str, Any], span: NetworkSpan, cell: NetworkCell) -> Iterator[Check]:
    time = cell.scenario.time
    hours = compared_hours(time)
    if not np.isnan(hours):
        allowed = span.doubtful_handovers / hours
        yield column_check(row, "handovers_per_hour", span.handovers / hours, allowed)
    for v, name in enumerate(cell.services):
        yield from service_checks(
            row, name, span.phones, v, cell.margin_range_db[v], step_s=time.step_us / 1e6
        )
