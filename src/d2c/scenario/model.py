"""The scenario and its parts: validated, immutable, with the unit in every name.

The names are those of the scenario file, so that the file, its JSON schema and the code speak one language
(docs/decisions.md says why there is no second set of names in SI units).
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from d2c.library.constellation import ElementSelection, ShellChoice
from d2c.toml import StrictModel

Elevation = Annotated[float, Field(ge=0.0, lt=90.0)]


class Time(StrictModel):
    """When: samples at `start + k * step`, each standing for the step that follows it."""

    start: str = "epoch"
    """`epoch` (the elements' median, rounded to the hour), `now`, or an ISO instant such as 2026-08-22T18:00Z."""
    duration_h: Annotated[float, Field(gt=0, le=24 * 366)] = 24.0
    """Length of the analysed span, in hours."""
    step_s: Annotated[float, Field(ge=0.1, le=3600)] = 30.0
    """Time between two samples, in seconds."""

    @field_validator("start", mode="before")
    @classmethod
    def _toml_date(cls, start: Any) -> Any:
        """Take TOML's own dates and instants, which need no quotes, as text."""
        return start.isoformat() if isinstance(start, date) else start

    @property
    def step_us(self) -> int:
        """Return the step in whole microseconds."""
        return round(self.step_s * 1e6)

    @property
    def samples(self) -> int:
        """Return how many samples the span holds."""
        return round(self.duration_h * 3.6e9) // self.step_us

    @model_validator(mode="after")
    def _holds_a_sample(self) -> "Time":
        if self.samples < 1:
            raise ValueError(f"step_s = {self.step_s:g} is longer than the span of {self.duration_h:g} h")
        return self


class Gateway(StrictModel):
    """An earth station that connects satellites to the network."""

    name: str
    latitude_deg: Annotated[float, Field(ge=-90, le=90)]
    longitude_deg: Annotated[float, Field(ge=-180, le=180)]


class ConstellationChoice(StrictModel):
    """Which satellites: a system of the library, an element file or set, one Walker shell, or several shells."""

    system: str | None = None
    """A constellation, see `d2c library list`: its satellites, unless elements, walker or shells stand for them,
    and its payload, unless `[link]` names one."""
    elements: str | None = None
    """A file (TLE, 3LE, or OMM as CSV, JSON, XML), a shipped set, or a downloaded CelesTrak group."""
    walker: str | None = None
    """Walker notation `inclination:satellites/planes/phasing`, such as 53:648/36/1; needs altitude_km."""
    altitude_km: Annotated[float, Field(ge=150, le=50_000)] | None = None
    """Altitude of the `walker` shell over the equatorial radius."""
    pattern: Literal["delta", "star"] = "delta"
    """Walker pattern: `delta` spreads the planes over 360 deg, `star` over 180 deg."""
    shells: tuple[ShellChoice, ...] = ()
    """Several Walker shells."""
    select: ElementSelection = ElementSelection()
    """Which of the elements are used."""
    max_age_days: Annotated[float, Field(gt=0)] | None = None
    """Oldest elements allowed at the start; 14 days unless given."""
    lose: str | None = None
    """What if these were lost: `planes=2`, `satellites=64` or `satellites=10%`."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Chooses which ones are lost."""
    gateways: tuple[Gateway, ...] = ()
    """Earth stations of a system without inter-satellite links: a satellite counts only while it sees one of them."""
    gateway_elevation_deg: Elevation = 10.0
    """Lowest elevation at which a gateway sees a satellite."""
    engine: Literal["sgp4", "heyoka"] = "sgp4"
    """What computes SGP4's positions; `heyoka` is faster for thousands of satellites and needs its extra."""

    @model_validator(mode="after")
    def _one_origin(self) -> "ConstellationChoice":
        given = [key for key in ("elements", "walker", "shells") if getattr(self, key)]
        if len(given) > 1 or not (given or self.system):
            raise ValueError(
                "give exactly one of elements, walker, shells, system, or with a system one that stands for its "
                f"satellites (given: {', '.join(given) or 'none'})"
            )
        if (self.altitude_km is None) != (self.walker is None):
            raise ValueError("walker and altitude_km go together")
        if (self.walker or self.shells) and self.select != ElementSelection():
            raise ValueError("select chooses among elements; it does not go with walker or shells")
        return self


class Region(StrictModel):
    """Where the handsets are."""

    area: str = "italy"
    """A built-in area's name, a polygon file, or a box `WEST,SOUTH,EAST,NORTH` in degrees."""
    surface: Literal["all", "land", "sea"] = "all"
    """Which part of the area."""
    buffer_km: Annotated[float, Field(ge=-500, le=2000)] = 0.0
    """Grows the area by this much (shrinks it if negative)."""


class GridChoice(StrictModel):
    """The ground cells."""

    kind: Literal["h3", "latlon"] = "h3"
    """H3 hexagons, or boxes of latitude and longitude."""
    resolution: Annotated[int, Field(ge=0, le=15)] = 5
    """H3 resolution (5: cells of about 250 km2)."""
    step_deg: Annotated[float, Field(gt=0, le=10)] = 0.1
    """Side of the latitude/longitude boxes."""


class Link(StrictModel):
    """The radio link: names of library entries, and the elevation mask."""

    payload: str = "starlink-d2c"
    """The satellite's radio, see `d2c library list`; unless given, that of the constellation's system if it has one."""
    handset: str = "3gpp-handheld"
    """The terminal on the ground."""
    losses: str = "outdoor"
    """The set of losses beside free space and gases."""
    environment: Literal["open-sea", "rural", "suburban", "urban", "dense-urban"] | None = None
    """Surroundings of the handset; when set, each service's probability under shadowing is computed too."""
    min_elevation_deg: Elevation = 25.0
    """Elevation mask."""
    services: tuple[str, ...] = ("text", "voice")
    """The services asked for, best known first."""

    limits: tuple[str, ...] = ()
    """Regulatory limits to map the margin to, see `d2c library list`."""

    @model_validator(mode="after")
    def _services_differ(self) -> "Link":
        if not self.services or len(set(self.services)) != len(self.services):
            raise ValueError("services must name at least one service, each once")
        return self


class Exclusion(StrictModel):
    """An area that no beam may light."""

    area: str
    """A radio telescope of `regions/radio-telescopes.csv`, or an area as in `[region]`."""
    distance_km: Annotated[float, Field(ge=0, le=500)] = 0.0
    """How far around it."""


class Beams(StrictModel):
    """A loaded network: steered beams that are few, interfere, and are shared. Margins are then over C/(I+N).

    What nobody publishes stands in `scenario/assumptions.py` with its plausible range.
    """

    beam_cells: Literal["auto"] | Annotated[int, Field(ge=0, le=8)] = "auto"
    """H3 resolution of the Earth-fixed beam cells; `auto`: the one nearest to the beam's -3 dB footprint."""
    area: str | None = None
    """Where beams are lit, as in `[region]`; the region unless given."""
    margin_km: Annotated[float, Field(ge=0, le=500)] = 200.0
    """How far around that area the same network is lit, so that the border has neighbours on both sides."""
    demand: Literal["uniform", "population"] = "uniform"
    """Who is first where beams are too few: all alike, or beam cells in proportion to their people."""
    exclusions: tuple[Exclusion, ...] = ()
    """Areas that no beam may light."""
    beams_per_satellite: Annotated[int, Field(ge=1, le=10_000)] = 16
    """Beams of a satellite at once."""
    full_power_beams: Annotated[int, Field(ge=1)] | None = None
    """How many beams a satellite feeds at full power, more share it; all of them unless given."""
    max_scan_deg: Annotated[float, Field(gt=0, le=80)] = 60.0
    """Widest angle off nadir to which a beam is steered."""
    handover_margin_db: Annotated[float, Field(ge=0, le=30)] = 1.0
    """A beam cell changes its satellite when another one is better by more than this, or its own has set."""
    reuse: Literal[1, 3, 4] = 1
    """Frequencies that the beam cells share the channel by."""
    isolation_km: Annotated[float, Field(ge=0, le=2000)] = 0.0
    """Beams of one frequency and polarisation keep this distance at least."""
    polarisations: Literal[1, 2] = 1
    """Polarisations that neighbouring beam cells take in turn."""
    cross_polarisation_db: Annotated[float, Field(ge=0, le=60)] = 0.0
    """How much less a terminal hears of the other polarisation: 0 for a linear handset, which hears half of both."""
    load: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Share of the time in which an interfering beam sends."""
    noise_rise_db: Annotated[float, Field(ge=0, le=30)] = 3.0
    """What other handsets add to the satellite's noise."""
    active_share: Annotated[float, Field(gt=0, le=1)] = 0.01
    """Share of the people who use the network at once, for the bit rate of each."""


class Output(StrictModel):
    """What is written."""

    formats: tuple[Literal["gpkg", "geojson", "parquet", "flatgeobuf", "png", "html"], ...] = (
        "gpkg",
        "geojson",
        "parquet",
        "png",
        "html",
    )
    """Formats of the coverage layer, `png` for the picture, `html` for the page; above 250,000 cells `parquet` and
    `flatgeobuf` only."""
    cube: bool = False
    """Whether C/N and server of every cell and step are written too, as Zarr (needs the extra `cube`)."""
    cube_every_s: Annotated[float, Field(gt=0)] | None = None
    """Time between two steps of the cube, a multiple of `time.step_s`; every step unless given."""

    @property
    def shows_hours(self) -> bool:
        """Return whether a format shows the day hour by hour."""
        return not {"gpkg", "html"}.isdisjoint(self.formats)


class Scenario(StrictModel):
    """A coverage question: when, which satellites, where, which link."""

    title: str = "Direct-to-cell coverage"
    """Shown on maps and in summaries."""
    time: Time = Time()
    constellation: ConstellationChoice
    region: Region = Region()
    grid: GridChoice = GridChoice()
    link: Link = Link()
    beams: Beams | None = None
    output: Output = Output()

    @property
    def cube_steps(self) -> int:
        """Return how many steps of the span lie between two of the cube."""
        every_s = self.output.cube_every_s
        return 1 if every_s is None else round(every_s * 1e6) // self.time.step_us

    @property
    def cube_slots(self) -> int:
        """Return how many steps the cube has."""
        return -(-self.time.samples // self.cube_steps)

    @model_validator(mode="after")
    def _beams_go_with_the_rest(self) -> "Scenario":
        if self.beams and self.link.environment:
            raise ValueError(
                f"[beams] with [link] environment = '{self.link.environment}': the probability under shadowing is "
                "known over noise only; leave out one of them"
            )
        if self.beams and self.output.cube:
            raise ValueError(
                "[beams] with [output] cube = true: the cube holds C/N over noise only; leave out one"
            )
        return self

    @model_validator(mode="after")
    def _cube_has_steps_of_the_span(self) -> "Scenario":
        every_s = self.output.cube_every_s
        if every_s is not None and (self.cube_steps < 1 or round(every_s * 1e6) % self.time.step_us):
            raise ValueError(
                f"[output] cube_every_s = {every_s:g} is no multiple of the step of {self.time.step_s:g} s"
            )
        return self
