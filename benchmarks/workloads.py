"""Benchmark workloads: constellations, grids and spans, reproducible on every machine.

Standard library only, to keep the process that starts the measurements small: the reported peak memory of a child is
never below its parent's.
"""

import dataclasses
import json
import math
from typing import Any

BOX_DEG = (-6, 30, 37, 47)  # west, south, east, north
ALTITUDE_KM = 530
SHELLS = {648: "53:648/36/1", 6480: "53:6480/90/1", 9000: "53:9000/90/1"}
ALL_SERVICES = ("text", "voice", "voice-encrypted", "cell-broadcast", "data")

Sections = dict[str, dict[str, Any]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Workload:
    """One coverage run: a Walker shell over the box, or the shipped Starlink shells over the Mediterranean Sea.

    cells: number of cells of the box; None for the sea with its H3 cells. link: keys of the scenario's section [link];
    beams: keys of [beams], for a network with interference.
    """

    name: str
    satellites: int
    duration_h: int
    step_s: int
    cells: int | None
    link: dict[str, Any] = dataclasses.field(default_factory=dict)
    beams: dict[str, Any] | None = None

    @property
    def steps(self) -> int:
        """Return the number of samples."""
        return self.duration_h * 3600 // self.step_s


TINY = Workload(name="tiny / 648", satellites=648, duration_h=1, step_s=60, cells=100)
SMALL = Workload(name="small / 648", satellites=648, duration_h=1, step_s=60, cells=1_000)
MID = Workload(name="mid / 648", satellites=648, duration_h=24, step_s=30, cells=11_000)
MID_DENSE = dataclasses.replace(MID, name="mid / 9,000", satellites=9_000)
BIG = Workload(name="big / 648", satellites=648, duration_h=24, step_s=10, cells=78_000)
BIG_DENSE = dataclasses.replace(BIG, name="big / 9,000", satellites=9_000)
REAL = Workload(
    name="real / 639",
    satellites=639,
    duration_h=24,
    step_s=30,
    cells=None,
    link={"environment": "open-sea", "services": ALL_SERVICES},
)
WORKLOADS = {w.name: w for w in (SMALL, MID, MID_DENSE, BIG, BIG_DENSE, REAL)}

# `mid / 648` with one dimension enlarged, and the factor.
GROWN = (
    dataclasses.replace(MID, name="cells x2", cells=22_000),
    dataclasses.replace(MID, name="time x2", duration_h=48),
    dataclasses.replace(MID, name="satellites x10", satellites=6_480),
)
GROWTH = {"cells x2": 2, "time x2": 2, "satellites x10": 10}

# `mid / 648` with fewer or more options, for the kernel alone.
_EVERYTHING = {"environment": "rural", "services": ALL_SERVICES, "limits": ("fcc-25-202k", "fcc-25-208w-pcs")}
VARIANTS = (
    dataclasses.replace(MID, name="one service", link={"services": ("text",)}),
    dataclasses.replace(MID, name="five services", link={"services": ALL_SERVICES}),
    dataclasses.replace(MID, name="with phones", link={"environment": "rural"}),
    dataclasses.replace(MID, name="with two limits", link={"limits": _EVERYTHING["limits"]}),
    dataclasses.replace(MID, name="mask 5 deg", link={"min_elevation_deg": 5}),
)
ALL = {w.name: w for w in (*WORKLOADS.values(), *GROWN, *VARIANTS)}


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkJob:
    """A built-in scenario run as a network of beams, with the keys that `d2c run --set` changes of it."""

    name: str
    scenario: str
    overrides: tuple[str, ...] = ()

    def arguments(self, *overrides: str) -> list[str]:
        """Return the arguments of `d2c run`, with further keys that are changed."""
        settings = [("--set", override) for override in (*self.overrides, *overrides)]
        return [self.scenario, *(argument for setting in settings for argument in setting)]


# The two jobs of the network: what people run first, and the largest area that is shipped.
NETWORKS = {
    job.name: job
    for job in (
        NetworkJob(name="italy-loaded", scenario="italy-loaded"),
        NetworkJob(name="mediterranean-loaded", scenario="mediterranean", overrides=("beams.load=1.0",)),
    )
}

# Small cases that the gate replays, each dominated by another part of the kernels.
CASES = (
    dataclasses.replace(SMALL, name="plain"),
    dataclasses.replace(
        SMALL,
        name="low mask",
        cells=500,
        link={"min_elevation_deg": 5, "losses": "indoor", "phones_per_cell": 2},
    ),  # curves from tables
    dataclasses.replace(SMALL, name="everything", link=_EVERYTHING | {"phones_per_cell": 2}),
    dataclasses.replace(SMALL, name="crowd", cells=100, satellites=9_000),  # the search for candidates
    dataclasses.replace(
        SMALL,
        name="loaded",
        cells=50,
        step_s=240,
        beams={"cell_radius_km": 200, "margin_km": 0, "elsewhere": "none", "level_step_s": 480},
    ),  # association, interference
)


def to_toml(workload: Workload) -> str:
    """Return the workload as a scenario file of `d2c run`, with GeoParquet as the only output format.

    Scenario files have no equal-area grid: the box gets a latitude/longitude grid of the nearest number of cells.
    """
    sections = _constellation_and_region(workload) | {
        "link": workload.link,
        "time": {"start": "epoch", "duration_h": workload.duration_h, "step_s": workload.step_s},
        "output": {"formats": ["parquet"]},
    }
    if workload.beams is not None:
        sections["beams"] = workload.beams
    network = json.dumps(workload.beams is not None)
    lines = [f"title = {json.dumps(workload.name)}", f"network = {network}"]
    for section, values in sections.items():
        lines += [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _constellation_and_region(workload: Workload) -> Sections:
    if workload.cells is None:
        return {
            "constellation": {"elements": "starlink-d2c-2026-08", "select.only_d2c": True},
            "region": {"area": "mediterranean"},
        }
    return {
        "constellation": {"walker": SHELLS[workload.satellites], "altitude_km": ALTITUDE_KM},
        "region": {"area": ",".join(str(side) for side in BOX_DEG)},
        "grid": {"kind": "latlon", "step_deg": latlon_step_deg(workload.cells)},
    }


def latlon_step_deg(cells: int) -> float:
    """Return the grid step, a multiple of 0.001 deg, whose number of boxes over BOX_DEG is nearest to `cells`."""
    west, south, east, north = BOX_DEG

    def boxes(thousandths: int) -> int:
        columns = math.ceil(1000 * east / thousandths) - math.floor(1000 * west / thousandths)
        rows = math.ceil(1000 * north / thousandths) - math.floor(1000 * south / thousandths)
        return columns * rows

    return min(range(10, 2000), key=lambda step: abs(boxes(step) - cells)) / 1000
