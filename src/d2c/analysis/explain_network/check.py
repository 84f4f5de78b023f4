"""Cross-check of a stored cell of a network of beams against the exact link budget.

C/(I+N) and C/I are compared with the distribution that the run assumes, by exact moments: the strongest interferers as
coins and the others as a gamma distribution.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.cross_check import BIN_DB, Check, column_check, service_checks
from d2c.analysis.explain_network.cell import NEAR_DB, NetworkCell
from d2c.analysis.explain_network.margins import middle_of_bin
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
        level_db: Sequence[Floats],
        percent: int,
        *,
        weight: Floats | None = None,
        figure: Callable[[Any], Any] = lambda level_db: level_db,
    ) -> Check:
        """Compare a figure that follows from the percentile of a level.

        level_db: exact, and what else float32 may find; weight: of the outcomes of each step.
        """
        if not self.steps:
            return column_check(self.row, column, np.nan, 0)
        weights = np.ones(level_db[0].shape) if weight is None else weight
        room = self.unsure + (0.0 if weight is None else _PART)
        shares = [min(max(percent / 100 + more, 0.0), 1.0) for more in (-room, 0.0, room)]
        found = np.array(
            [[weighted_quantile(one.ravel(), weights.ravel(), share) for share in shares] for one in level_db]
        )
        near_db = BIN_DB + NEAR_DB
        figures = figure(np.array([found.min() - near_db, found[0, 1], found.max() + near_db]))
        return column_check(self.row, column, float(figures[1]), float(np.abs(figures - figures[1]).max()))


def _level_checks(row: Mapping[str, Any], span: NetworkSpan, cell: NetworkCell) -> Iterator[Check]:
    levels, load, camped = span.levels, cell.plan.beams.load, span.levels.camped
    steps = int(camped.sum())
    percentiles = _Percentiles(row, steps, (int(levels.doubtful.sum()) + _ROUNDING) / max(steps, 1))
    c_n_db = levels.c_n_db[camped]
    rsrp = rsrp_dbm(cell.link.handset, c_n_db=c_n_db)
    outcomes, weight = levels.outcomes, levels.outcomes.weight[camped]
    interference = [level[camped] for level in (outcomes.level, outcomes.narrow, outcomes.wide)]
    c_in_db = [c_n_db[:, None] - to_db(1.0 + level) for level in interference]
    for percent in (5, 50, 95):
        yield percentiles.check(f"rsrp_p{percent:02d}_dbm", [rsrp], percent)
        yield percentiles.check(f"c_in_p{percent:02d}_db", c_in_db, percent, weight=weight)
    c_i_db = [
        np.clip(c_n_db[:, None] - to_db(level), C_I_LOW_DB, C_I_HIGH_DB - BIN_DB / 2)
        for level in interference
    ]
    yield percentiles.check("c_i_p50_db", c_i_db, 50, weight=weight)
    activity = resource_element_activity(load)
    data_db = [c_n_db[:, None] - to_db(1.0 + activity * level) for level in interference]
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
    data_db: Sequence[Floats],
    weight: Floats,
    rate_bit_s: NDArray[np.int64],
    duty: float,
    unsure: float,
    cell: NetworkCell,
) -> Check:
    """Compare what beams carry by area: load, hop share and the mean bit rate, by the bins of C/(I+N) of 0.1 dB."""
    if not len(data_db[0]):
        return column_check(row, "throughput_kbps_km2", np.nan, 0)
    to_column = cell.plan.beams.load * duty / 1e3 / (cell.plan.lattice.area_m2 / 1e6)

    def carried(level_db: Floats) -> float:
        rates_bit_s = rate_bit_s[cqi(middle_of_bin(level_db))]
        return float((rates_bit_s * weight).sum() / weight.sum()) * to_column

    exact = carried(data_db[0])
    found = [carried(level_db + more_db) for level_db in data_db for more_db in (-NEAR_DB, NEAR_DB)]
    highest = float(rate_bit_s[cqi(data_db[0].max())]) * to_column
    allowed = max(max(found) - exact, exact - min(found)) + (unsure + _PART) * highest
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
