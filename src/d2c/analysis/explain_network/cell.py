"""One ground cell under a network of beams: where its levels are taken, its phones, and the rule of camping."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.analysis.explain import margin_range_db
from d2c.analysis.explain_network.beam_levels import BeamLevels, BeamList, beam_levels
from d2c.analysis.explain_network.far_beams import (
    BeamsApart,
    FarBeams,
    Tile,
    TileBox,
    beams_elsewhere,
    beams_far_from_tile,
)
from d2c.analysis.explain_network.interference import InterferenceRules
from d2c.analysis.phone_losses import Directions, PhonesOfCell, directions
from d2c.analysis.phone_margins import TIE_DB
from d2c.coverage.beam_plan import BeamPlan
from d2c.coverage.inputs import Inputs
from d2c.coverage.kernel_link import kernel_link
from d2c.coverage.kernels.network_layout import HoppingBeams
from d2c.coverage.kernels.tiles import tile_cells
from d2c.coverage.network.association import HEARD_ABOVE_DEG, AssociationSetup, association_setup
from d2c.coverage.network.level_steps import LevelSteps
from d2c.coverage.network.levels import (
    HANDOVER_STEP_S,
    LEAST_C_IN_DB,
    LEAST_RSRP_DBM,
    isolated_cells,
    level_steps,
    steps_between,
)
from d2c.library import models
from d2c.link.budget import RadioLink
from d2c.link.reference_signal import resource_element_activity, rsrp_dbm
from d2c.scenario.model import Scenario
from d2c.units import from_db, to_db

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEAR_DB = 0.01  # how near a level may be to a limit before the kernel's float32 decides otherwise


@dataclass(frozen=True, eq=False, slots=True)
class NetworkCell:
    """One ground cell under a network of beams.

    centre_m, centre_up (3,); point_m, point_up (P, 3): of the points that take turns for levels, by `number`, that of
    the cell in the order of the kernel's tiles; tile: its neighbours. column (B,): place of a beam cell among the N
    around, -1 for others. margin_range_db (V, 2): ends of the histograms of margins.
    """

    scenario: Scenario
    plan: BeamPlan
    link: RadioLink
    phones: PhonesOfCell
    services: dict[str, models.Service]
    association: AssociationSetup
    rules: InterferenceRules
    centre_m: Floats
    centre_up: Floats
    point_m: Floats
    point_up: Floats
    number: int
    tile: Tile
    column: Ints
    margin_range_db: Floats

    @property
    def level_steps(self) -> LevelSteps:
        """Return the time steps at which levels are sampled."""
        return level_steps(self.plan.beams, step_us=self.scenario.time.step_us)

    @property
    def compared_every(self) -> int:
        """Return the number of time steps between two steps at which beams are compared for handovers."""
        return steps_between(HANDOVER_STEP_S, step_us=self.scenario.time.step_us)

    def playing(self, step: Ints) -> Ints:
        """Return which of its phones the cell plays at level steps, counted from the start; same shape."""
        return (self.level_steps.number(step) + self.phones.of_cell.turn) % self.phones.phones.number

    def directions_in_centre(self, beams: BeamList, levels: BeamLevels) -> Directions:
        """Return the directions (K,) of the satellites of beams in the centre of the cell."""
        return directions(levels.look, beams.satellite_m, place_m=self.centre_m, up=self.centre_up)

    def directions_at_point(self, beams: BeamList, levels: BeamLevels, step: Ints) -> Directions:
        """Return the same at the point whose turn it is; step (K,): of each pair."""
        turn = self._turn(step)
        return directions(levels.look, beams.satellite_m, place_m=self.point_m[turn], up=self.point_up[turn])

    def levels_in_centre(self, beams: BeamList) -> BeamLevels:
        """Return the levels of beams in the centre of the cell."""
        place_m, up = np.broadcast_to(self.centre_m, beams.satellite_m.shape), self.centre_up
        return self._levels(beams, place_m=place_m, up=up)

    def levels_at_point(self, beams: BeamList, step: Ints) -> BeamLevels:
        """Return the levels of beams at the point whose turn it is; step (K,): of each pair, counted from the start."""
        turn = self._turn(step)
        return self._levels(beams, place_m=self.point_m[turn], up=self.point_up[turn])

    def _turn(self, step: Ints) -> Ints:
        return (self.level_steps.number(step) + self.number) % len(self.point_m)

    def beams_apart_at_point(
        self, hopping: HoppingBeams, beams: BeamList, levels: BeamLevels, step: Ints
    ) -> BeamsApart:
        """Return the beams that the run does not add one by one at the point whose turn it is.

        step (K,): of each pair. The sums have the beams elsewhere in them. Where beams are isolated from the server, no
        others are far: each of the isolated ones is taken off again.
        """
        points_m, pattern = self.tile.points_at(self.level_steps.number(step)), self.association.pattern
        elsewhere = self._beams_elsewhere(hopping, beams, levels, points_m[:, self.tile.middle])
        if not pattern.planar or self.rules.isolated.shape[1]:
            return BeamsApart(np.zeros(len(beams.pair), np.bool_), elsewhere)
        box = TileBox.of(self.tile, points_m, satellite_m=beams.satellite_m, pattern=pattern)
        centre_m = self.plan.lattice.position_m
        here = beams_far_from_tile(beams, levels, self.tile, box, centre_m=centre_m, pattern=pattern)
        return BeamsApart(here.far, here.sums.plus(elsewhere))

    def beams_elsewhere_in_centre(
        self, hopping: HoppingBeams, beams: BeamList, levels: BeamLevels
    ) -> FarBeams:
        """Return the beams elsewhere in the centre of the cell."""
        return self._beams_elsewhere(
            hopping, beams, levels, np.broadcast_to(self.centre_m, beams.satellite_m.shape)
        )

    def _beams_elsewhere(
        self, hopping: HoppingBeams, beams: BeamList, levels: BeamLevels, towards_m: Floats
    ) -> FarBeams:
        pattern = self.association.pattern
        return beams_elsewhere(hopping, beams, levels, link=self.link, pattern=pattern, towards_m=towards_m)

    def _levels(self, beams: BeamList, *, place_m: Floats, up: Floats) -> BeamLevels:
        return beam_levels(
            self.link,
            beams,
            centre_m=self.plan.lattice.position_m,
            place_m=place_m,
            up=up,
            heard_above_deg=min(self.association.min_elevation_deg, HEARD_ABOVE_DEG),
            full_power_beams=self.association.rules.full_power,
        )

    def over_rsrp_limit_db(self, c_n_db: Floats) -> Floats:
        """Return the RSRP of a beam over the least one for camping."""
        return np.asarray(rsrp_dbm(self.link.handset, c_n_db=c_n_db) - LEAST_RSRP_DBM)

    def camping(self, c_n_db: Floats, mean_interference: Floats) -> tuple[Flags, Flags]:
        """Return whether a phone camps on its strongest beam, and whether a level is too near to a limit to say.

        The limits are those of RSRP, and of C/(I+N) at the mean interference over noise with all interferers sending.
        """
        over_c_in_db = c_n_db - to_db(1.0 + mean_interference) - LEAST_C_IN_DB
        left_db = np.minimum(self.over_rsrp_limit_db(c_n_db), over_c_in_db)
        return left_db >= 0, np.abs(left_db) < NEAR_DB

    def data_c_in_db(self, c_n_db: Floats, mean_interference: Floats) -> Floats:
        """Return C/(I+N) at the mean interference, with the activity of the interferers."""
        activity = resource_element_activity(self.plan.beams.load)
        return np.asarray(c_n_db - to_db(1.0 + activity * mean_interference))


def network_cell(scenario: Scenario, inputs: Inputs, cell: int) -> NetworkCell:
    """Return a cell (index into the grid) of a scenario with beams."""
    plan, grid = inputs.beams, inputs.grid
    assert plan is not None
    around = plan.candidates[cell]
    column = np.full(len(plan), -1)
    column[around[around >= 0]] = np.flatnonzero(around >= 0)
    number, tile = _tile_of(cell, inputs)
    return NetworkCell(
        scenario=scenario,
        plan=plan,
        link=inputs.link,
        phones=PhonesOfCell.at(inputs.phones, grid.position_m[cell]),
        services=inputs.services,
        association=association_setup(
            plan,
            link=inputs.link,
            min_elevation_deg=scenario.link.min_elevation_deg,
            highest_m=inputs.highest_m,
        ),
        rules=InterferenceRules(_coupling(plan), plan.colour, isolated_cells(plan)),
        centre_m=grid.position_m[cell],
        centre_up=grid.up[cell],
        point_m=plan.point_m[:, cell],
        point_up=plan.point_up[:, cell],
        number=number,
        tile=tile,
        column=column,
        margin_range_db=margin_range_db(kernel_link(scenario, inputs)[1]),
    )


def _tile_of(cell: int, inputs: Inputs) -> tuple[int, Tile]:
    """Return the number of a cell in the order of the kernel's tiles, and its tile."""
    plan, tiles = inputs.beams, tile_cells(inputs.grid)
    assert plan is not None
    number = int(np.flatnonzero(tiles.order == cell)[0])
    part = int(np.searchsorted(tiles.part_first, number, side="right")) - 1
    first, end = tiles.part_first[part : part + 2].tolist()
    of_tile = tiles.order[first:end]
    around = plan.candidates[of_tile]
    near = np.zeros(len(plan), np.bool_)
    near[around[around >= 0]] = True
    return number, Tile(plan.point_m[:, of_tile], first, number - first, near)


def _coupling(plan: BeamPlan) -> Floats:
    """Return the share of the power of each colour (column) that another one (row) hears, (C, C)."""
    beams = plan.beams
    colour = np.arange(beams.reuse * beams.polarisations)
    leak = float(from_db(-beams.cross_polarisation_db))
    same_frequency = colour[:, None] % beams.reuse == colour % beams.reuse
    return np.where(colour[:, None] == colour, 1.0, np.where(same_frequency, leak, 0.0))


def strongest(c_n_db: Floats) -> tuple[Ints, Flags]:
    """Return the strongest of the beams (..., N), -1 if none is heard, and whether another is as strong to float32."""
    best = c_n_db.argmax(axis=-1)
    level_db = np.take_along_axis(c_n_db, best[..., None], axis=-1)
    heard = level_db[..., 0] > -np.inf
    tie = (c_n_db > level_db - TIE_DB).sum(axis=-1) > 1
    return np.where(heard, best, -1), heard & tie
