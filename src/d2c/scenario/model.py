"""Scenario model: time span, constellation, region, grid, link, beams and output options.

Validated and immutable, with the unit in every name. The names are those of the scenario file and of its JSON schema
(docs/decisions.md says why there is no second set of names in SI units).
"""

from collections.abc import Callable
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from d2c.files import write_bytes
from d2c.library.entry import Title
from d2c.library.models import ServiceRule
from d2c.scenario.beams import Beams as Beams
from d2c.scenario.beams import Exclusion as Exclusion
from d2c.scenario.constellation_choice import PAYLOADS_OF_SHELLS as PAYLOADS_OF_SHELLS
from d2c.scenario.constellation_choice import ConstellationChoice as ConstellationChoice
from d2c.scenario.constellation_choice import Elevation as Elevation
from d2c.scenario.constellation_choice import Gateway as Gateway
from d2c.scenario.constellation_choice import PayloadChoice as PayloadChoice
from d2c.toml import PublicModel, StrictModel, toml_text
from d2c.utc import HOUR_US

Environment = Literal["open-sea", "rural", "suburban", "urban", "dense-urban", "none"]


class Time(StrictModel):
    """Time span: samples at `start + k * step`, each representing the step that follows it."""

    start: str = "epoch"
    """`epoch` (median epoch of the elements, rounded to 1 h), `now`, or an ISO 8601 time such as 2026-08-22T18:00Z."""
    duration_h: Annotated[float, Field(gt=0, le=24 * 366)] = 24.0
    """Length of the analysed time span, in hours."""
    step_s: Annotated[float, Field(ge=0.1, le=3600)] = 30.0
    """Time between two samples, in seconds."""

    @field_validator("start", mode="before")
    @classmethod
    def _toml_date(cls, start: Any) -> Any:
        """Convert unquoted TOML dates and times to text."""
        return start.isoformat() if isinstance(start, date) else start

    @property
    def step_us(self) -> int:
        """Return the step, in whole microseconds."""
        return round(self.step_s * 1e6)

    @property
    def samples(self) -> int:
        """Return the number of samples in the span."""
        return round(self.duration_h * HOUR_US) // self.step_us

    @model_validator(mode="after")
    def _has_a_sample(self) -> "Time":
        if self.samples < 1:
            raise ValueError(f"step_s = {self.step_s:g} is longer than the span of {self.duration_h:g} h")
        return self


class Region(StrictModel):
    """Region of the handsets."""

    area: str = "italy"
    """Name of a built-in area, a polygon file, or a box `WEST,SOUTH,EAST,NORTH` in degrees."""
    surface: Literal["all", "land", "sea"] = "all"
    """Part of the area: all, land only, or sea only."""
    buffer_km: Annotated[float, Field(ge=-500, le=2000)] = 0.0
    """Buffer around the area, in kilometres; negative shrinks it."""


class GridChoice(StrictModel):
    """Grid of ground cells."""

    kind: Literal["h3", "latlon"] = "h3"
    """H3 hexagons, or latitude/longitude cells."""
    resolution: Annotated[int, Field(ge=0, le=15)] | Literal["auto"] = "auto"
    """H3 resolution, for the grid `h3`. `auto`: 5 (cells of about 250 km2), for a small area the first finer one with
    at least a hundred cells."""
    step_deg: Annotated[float, Field(gt=0, le=10)] = 0.1
    """Cell size in latitude and longitude, for the grid `latlon`."""


class Link(StrictModel):
    """Radio link: library entries of payload, handset, losses, services and limits, and the elevation mask."""

    payload: str = "starlink-d2c"
    """Satellite payload, see `d2c library list`; by default that of the constellation's system, if it has one. For all
    satellites whose shell or entry in `constellation.payloads` names no other."""
    handset: str = "3gpp-handheld"
    """Terminal on the ground."""
    losses: str = "outdoor"
    """Loss set, in addition to free-space loss. Sets that are a posture of their own (`pocket`, `car`, `indoor`) spread
    over phones; they and `phones` exclude each other."""
    phones: str | None = None
    """Mix of postures, whose losses come on top of `losses`: `mix`, `hand`, `in-pocket`, `in-car`, `indoors`, or
    a file; without it, or with `none`, all phones are those of `losses`."""
    environment: Environment | None = None
    """Environment of the handsets (3GPP TR 38.811): each phone has a skyline, and sees some of the satellites only;
    without it, or with `none`, it sees all."""
    skyline_correlation_deg: Annotated[float, Field(gt=0, le=100_000)] = 45.0
    """Angle over which skylines are alike, with an environment: exp(-1) is left of the correlation."""
    phones_per_cell: Annotated[int, Field(ge=2, le=1024)] = 16
    """Number of phones that stand for all phones of a cell, where they differ."""
    operating: Literal["auto", "filed", "measured"] = "auto"
    """Operating point: link budget as filed, or with `phone_loss_db`, which brings it to measured levels. `auto`:
    `measured` where `phone_loss_db` is given, and for a network of beams where that of the mix is known; else
    `filed`."""
    phone_loss_db: Annotated[float, Field(ge=0, le=60)] | None = None
    """Further loss of all phones in both directions at the operating point `measured`; by default that of the mix."""
    min_elevation_deg: Elevation = 25.0
    """Elevation mask of the handset."""
    services: tuple[str, ...] = ("text", "voice")
    """Services to evaluate; single-service plots and studies use the first."""
    service_rule: ServiceRule = "bits"
    """What sets the required downlink C/N: `bits`, the service's bit rate with all headers; `operator-reported`, the
    C/N that an operator is reported to count on, 0 dB for messages and 5 dB for voice."""
    limits: tuple[str, ...] = ()
    """Regulatory limits whose margin is mapped, see `d2c library list`."""

    @field_validator("phones", "environment", mode="before")
    @classmethod
    def _none_as_text(cls, value: Any) -> Any:
        """Convert `none`, by which an override takes a scenario's choice away: TOML has no null."""
        return None if value == "none" else value

    @model_validator(mode="after")
    def _loss_is_of_measured(self) -> "Link":
        if self.phone_loss_db is not None and self.operating == "filed":
            raise ValueError(
                f"phone_loss_db = {self.phone_loss_db:g} belongs to the operating point 'measured': add "
                "link.operating=measured, or leave it out"
            )
        return self

    @model_validator(mode="after")
    def _services_differ(self) -> "Link":
        if not self.services or len(set(self.services)) != len(self.services):
            raise ValueError("services must name at least one service, each once")
        return self


class Output(StrictModel):
    """Output options."""

    formats: tuple[Literal["gpkg", "geojson", "parquet", "flatgeobuf", "png", "html"], ...] = (
        "gpkg",
        "geojson",
        "parquet",
        "png",
        "html",
    )
    """Formats of the coverage layer, `png` for the map, `html` for the web page; above 250,000 cells `parquet` and
    `flatgeobuf` only."""
    cube: bool = False
    """Whether C/N and best server of every cell and step are written too, as Zarr (needs the extra `cube`)."""
    cube_every_s: Annotated[float, Field(gt=0)] | None = None
    """Time step of the cube, a multiple of `time.step_s`; by default every step."""

    @property
    def shows_hours(self) -> bool:
        """Return whether one of the formats has hourly layers."""
        return not {"gpkg", "html"}.isdisjoint(self.formats)


class Scenario(PublicModel):
    """Scenario of a coverage analysis: time span, constellation, region, grid, link, beams and output.

    Every parameter is a section of a scenario file; docs/scenarios lists their keys.

    Parameters
    ----------
    title : str
        Title of maps and summaries.
    time : mapping
        `start`, `duration_h`, `step_s`.
    constellation : mapping
        `system`, `elements`, `walker` with `altitude_km`, or `shells`.
    region : mapping
        `area`, `surface`, `buffer_km`.
    grid : mapping
        `kind`, and `resolution` or `step_deg`.
    link : mapping
        `payload`, `handset`, `losses`, `services`, `min_elevation_deg` and more.
    beams : mapping, optional
        A network of beams.
    output : mapping
        `formats`, `cube`.

    Raises
    ------
    ScenarioError
        If a key is missing, unknown or wrong.

    Examples
    --------
    >>> import d2c
    >>> scenario = d2c.Scenario(
    ...     title="Two hours over Sicily",
    ...     time={"duration_h": 2},
    ...     constellation={"walker": "53:240/12/1", "altitude_km": 360},
    ...     region={"area": "sicilia"},
    ... )
    >>> scenario.link.payload
    'starlink-d2c'
    >>> print(scenario.to_toml())
    title = "Two hours over Sicily"
    <BLANKLINE>
    [time]
    duration_h = 2.0
    <BLANKLINE>
    [constellation]
    walker = "53:240/12/1"
    altitude_km = 360.0
    <BLANKLINE>
    [region]
    area = "sicilia"
    <BLANKLINE>
    >>> d2c.Scenario.from_toml("italy").region.area
    'italy'
    """

    # Reads a built-in scenario or a file; set by load.py, which knows them and imports this module.
    reader: ClassVar[Callable[[str], "Scenario"]]

    title: Title = "Direct-to-cell coverage"
    """Title of maps and summaries; by default, and where an override changes what it speaks of, area and satellites."""
    network: bool | Literal["auto"] = "auto"
    """Whether phones are served by the network of beams of `[beams]`; `false`: the best case, in which the best
    satellite serves over noise alone; `auto`: the network for phones whose payload has an antenna pattern."""
    time: Time = Time()
    constellation: ConstellationChoice
    region: Region = Region()
    grid: GridChoice = GridChoice()
    link: Link = Link()
    beams: Beams | None = None
    """Parameters of the network; not used without it."""
    output: Output = Output()

    @classmethod
    def from_toml(cls, name: str | PathLike[str]) -> "Scenario":
        """Return a built-in scenario by its name, or that of a TOML file; ScenarioError if it is invalid."""
        return cls.reader(str(name))

    def to_toml(self, path: str | PathLike[str] | None = None) -> str:
        """Return the scenario as the text of a TOML file, and write it to `path` if given."""
        text = toml_text(self.model_dump(mode="json", exclude_unset=True, exclude_none=True))
        if path is not None:
            write_bytes(Path(path), text.encode())
        return text

    @property
    def cube_steps(self) -> int:
        """Return the step of the cube as a number of time steps."""
        every_s = self.output.cube_every_s
        return 1 if every_s is None else round(every_s * 1e6) // self.time.step_us

    @property
    def cube_slots(self) -> int:
        """Return the number of steps in the cube."""
        return -(-self.time.samples // self.cube_steps)

    @model_validator(mode="after")
    def _cube_step_is_a_multiple(self) -> "Scenario":
        every_s = self.output.cube_every_s
        if every_s is not None and (self.cube_steps < 1 or round(every_s * 1e6) % self.time.step_us):
            raise ValueError(
                f"[output] cube_every_s = {every_s:g} is not a multiple of the step of {self.time.step_s:g} s"
            )
        return self
