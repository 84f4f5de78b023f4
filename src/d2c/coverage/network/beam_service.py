"""Which satellite serves each beam cell at an instant, and how busy its beam is there, for maps of beams."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c import geodesy
from d2c.coverage.inputs import Inputs, position_stream
from d2c.coverage.network.association import association_setup, hopping_beams
from d2c.coverage.windows import Window
from d2c.scenario.model import Scenario

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class BeamService:
    """The beam cells (C,) at one instant.

    satellite (C,): index of the serving satellite, -1 for none; share (C,): of time that its beam gives the cell while
    it asks, and alight (C,): that it is alight over it, both 0 without a satellite. serving (K,): the serving
    satellites, and serving_m (K, 3) their positions.
    """

    utc: np.datetime64
    satellite: NDArray[np.int64]
    share: Floats
    alight: Floats
    serving: NDArray[np.int64]
    serving_m: Floats

    @property
    def sub_satellite_deg(self) -> Floats:
        """Return longitude and latitude of the sub-satellite points of the serving satellites, (K, 2)."""
        return geodesy.foot_longitude_latitude_deg(self.serving_m)

    @property
    def cells_served(self) -> int:
        """Return the number of beam cells with a satellite."""
        return int((self.satellite >= 0).sum())


def beam_service(
    scenario: Scenario, inputs: Inputs, *windows: Window, decayed_at: NDArray[np.int64] | None = None
) -> list[BeamService]:
    """Return the service of the beam cells at each step of the windows, as the run of that scenario has it.

    decayed_at (S,): decay steps of the satellites from the run; unless given, the steps before each window are
    searched for them. Only for a scenario with beams; one call with many windows is faster than one for each.
    """
    plan = inputs.beams
    assert plan is not None
    setup = association_setup(
        plan,
        link=inputs.link,
        min_elevation_deg=scenario.link.min_elevation_deg,
        highest_m=inputs.highest_m,
    )
    stream = position_stream(scenario, inputs)
    positions = []
    for window in windows:
        decays = stream.decays_before(window.first) if decayed_at is None else decayed_at
        positions.append(stream.window(first=window.first, count=window.count, decayed_at=decays).position_m)
    position_m = np.concatenate(positions)
    association, beams = hopping_beams(position_m, setup)
    samples = [window.first + k for window in windows for k in range(window.count)]
    step = np.timedelta64(scenario.time.step_us, "us")
    services = []
    for k, sample in enumerate(samples):
        served = np.flatnonzero(beams.slot[k] >= 0)
        slot = beams.slot[k, served]
        share, alight = np.zeros(len(plan)), np.zeros(len(plan))
        share[served], alight[served] = beams.share[k, slot], beams.lit[k, slot]
        serving = beams.satellite[k, : beams.satellites[k]].copy()
        services.append(
            BeamService(
                utc=inputs.start + sample * step,
                satellite=association.server[k].astype(np.int64),
                share=share,
                alight=alight,
                serving=serving,
                serving_m=position_m[k, serving],
            )
        )
    return services
