"""Scenario model of a network of beams, `[beams]`: where beams go, how many there are, and how busy they are."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from d2c.toml import StrictModel


class Exclusion(StrictModel):
    """Area that no beam may serve."""

    area: str
    """A radio telescope of `regions/radio-telescopes.csv`, or an area as in `[region]`."""
    distance_km: Annotated[float, Field(ge=0, le=500)] = 0.0
    """Protection distance around the area, in kilometres."""


SIGNALLING_SHARE = 1 / 160  # 1 ms in 160 ms, assumed

_BEAMS_RENAMED = {
    "beam_cells": "cell_radius_km (beam cells are hexagons of any size; 'auto' fits them to the beam)",
    "handover_margin_db": "none: handovers are now those of a phone with 3 dB hysteresis",
}


class Beams(StrictModel):
    """Network of steered beams that hop between beam cells and interfere. Margins are then those of C/(I+N).

    Values that no source gives are listed in `scenario/assumptions.py` with the reason and the plausible range.
    """

    cell_radius_km: Literal["auto"] | Annotated[float, Field(ge=1, le=1000)] = "auto"
    """Distance from the centre to the corners of the Earth-fixed beam cells, in kilometres; `auto`: the corners lie
    where the beam straight down has lost 4 dB."""
    area: str | None = None
    """Service area of the beams, as in `[region]`; by default the region."""
    margin_km: Annotated[float, Field(ge=0, le=500)] = 200.0
    """Margin around the service area in which the same network is active, so that border cells have interferers on
    both sides."""
    demand: Literal["uniform", "population"] = "uniform"
    """Share of a satellite's time that a beam cell gets: equal for all, or in proportion to its population."""
    elsewhere: Literal["all", "none"] = "all"
    """Whether satellites also serve every place outside that they see (`all`), or these beam cells only (`none`)."""
    exclusions: tuple[Exclusion, ...] = ()
    """Areas that no beam may serve."""
    beams_per_satellite: Annotated[int, Field(ge=1, le=10_000)] = 16
    """Simultaneous beams of a satellite."""
    full_power_beams: Annotated[int, Field(ge=1)] | None = None
    """Number of beams that a satellite can feed at full power; more beams share that power. By default all of them."""
    max_scan_deg: Annotated[float, Field(gt=0, le=80)] = 60.0
    """Maximum off-nadir angle of a steered beam."""
    reuse: Literal[1, 3, 4] = 1
    """Frequency reuse factor: number of frequency colours into which the channel is divided."""
    isolation_km: Annotated[float, Field(ge=0, le=2000)] = 0.0
    """Beams of the same frequency and polarisation are never alight together at centres nearer than this."""
    polarisations: Literal[1, 2] = 1
    """Number of polarisations that alternate between neighbouring beam cells."""
    cross_polarisation_db: Annotated[float, Field(ge=0, le=60)] = 0.0
    """Cross-polarisation isolation of the terminal: 0 for a linear handset, which receives half the power of both."""
    load: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Share of beam cells that ask for service at a time."""
    signalling_share: Annotated[float, Field(ge=0, le=1)] = SIGNALLING_SHARE
    """Share of time that a beam is alight over a beam cell that does not ask, so that phones find the network."""
    noise_rise_db: Annotated[float, Field(ge=0, le=30)] = 3.0
    """Uplink noise rise at the satellite from other handsets."""
    receive: Literal["open", "hopping"] = "open"
    """Receive beams of a satellite: `open` over all its cells at all times, or `hopping` with the transmit beams."""
    active_share: Annotated[float, Field(gt=0, le=1)] = 0.001
    """Share of the population that uses the network at the same time, and so shares the time of a beam."""
    level_step_s: Annotated[float, Field(gt=0, le=3600)] = 270.0
    """Time between two samples of levels and interference, in whole time steps; services are sampled at every time
    step."""

    @model_validator(mode="before")
    @classmethod
    def _has_no_old_key(cls, data: Any) -> Any:
        for key, successor in _BEAMS_RENAMED.items():
            if isinstance(data, dict) and key in data:
                raise ValueError(f"{key} is gone with the old network model; its successor is {successor}")
        return data
