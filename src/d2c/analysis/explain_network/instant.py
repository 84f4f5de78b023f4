"""One instant of a cell under a network of beams: the serving beam, its interferers and the services."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.explain_network.beam_levels import BeamLevels, BeamList, list_beams, uplink_c_n_db
from d2c.analysis.explain_network.cell import NetworkCell, strongest
from d2c.analysis.explain_network.far_beams import FarBeams
from d2c.analysis.explain_network.interference import Interference, interference_of
from d2c.analysis.explain_network.margins import BeamAtHand, NetworkMargins
from d2c.analysis.explain_network.span import NetworkSpan
from d2c.coverage.inputs import Inputs, position_stream
from d2c.coverage.network.association import hopping_beams
from d2c.units import from_db

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class ServingBeam:
    """The strongest beam in the centre of a cell at a sample; index: among the beams.

    interference: of all beams in the centre at the sample; sampled: mean interference over noise of the level step
    before, which the services are computed with; camped: whether a phone camps on the beam; data_c_in_db: C/(I+N) with
    `sampled` and the interferers' activity; uplink_db: C/N up, without noise rise; margin_db (V,): NaN if not camped.
    All of a phone in the line of sight that loses nothing by its posture.
    """

    index: int
    interference: Interference
    sampled: float
    camped: bool
    data_c_in_db: float
    uplink_db: float
    margin_db: Floats


@dataclass(frozen=True, eq=False, slots=True)
class NetworkInstant:
    """All beams at one sample and their levels in the centre of a cell; no server where none is heard."""

    level_sample: int
    beams: BeamList
    levels: BeamLevels
    server: ServingBeam | None


def explain_network_instant(
    cell: NetworkCell, inputs: Inputs, *, sample: int, span: NetworkSpan
) -> NetworkInstant:
    """Return what a cell hears at one sample of its span."""
    stream = position_stream(cell.scenario, inputs)
    position_m = stream.window(first=sample, count=1, decayed_at=span.decayed_at).position_m
    _, hopping = hopping_beams(position_m, cell.association)
    beams = list_beams(hopping, position_m, np.zeros(1, np.int64))
    levels = cell.levels_in_centre(beams)
    before = int(cell.level_steps.number(sample))
    far = cell.beams_elsewhere_in_centre(hopping, beams, levels)
    server = _server(cell, beams, far, levels, float(span.levels.held.exact[before]))
    return NetworkInstant(int(cell.level_steps.step(before)), beams, levels, server)


def _server(
    cell: NetworkCell, beams: BeamList, far: FarBeams, levels: BeamLevels, held: float
) -> ServingBeam | None:
    around = (cell.column[beams.cell] >= 0) & (beams.lit > 0)
    index = int(strongest(np.append(np.where(around, levels.c_n_db, -np.inf), -np.inf))[0])
    if index < 0:
        return None
    level_db = levels.c_n_db[index]
    interference = interference_of(beams, far, from_db(levels.c_n_db), index, around=around, rules=cell.rules)
    sampled = np.asarray(held + interference.near)
    camped = bool(cell.camping(level_db, sampled)[0])
    data_c_in_db = cell.data_c_in_db(level_db, sampled)
    uplink_db = uplink_c_n_db(
        cell.link,
        beams,
        levels,
        np.array([index]),
        centre_m=cell.plan.lattice.position_m,
        place_m=np.broadcast_to(cell.centre_m, beams.satellite_m.shape),
    )[0]
    beam = BeamAtHand(beams.cell[index], beams.users_share[index], uplink_db)
    margin_db = NetworkMargins.of(cell).margins_db(level_db, sampled, np.zeros(()), beam)
    return ServingBeam(
        index=index,
        interference=interference,
        sampled=float(sampled),
        camped=camped,
        data_c_in_db=float(data_c_in_db),
        uplink_db=float(uplink_db),
        margin_db=margin_db if camped else np.full(len(margin_db), np.nan),
    )


def lowest_network_margin_sample(span: NetworkSpan) -> int | None:
    """Return the sample with the lowest margin of the first service among those with a beam to camp on, or None."""
    margin = span.margin_db[0]
    return None if np.isnan(margin).all() else int(np.nanargmin(margin))
