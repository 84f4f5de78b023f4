"""The workloads that d2c is timed with: the same cells, satellites and steps whenever and wherever they are made.

Standard library alone, so that the process that starts and watches the others stays small: a child's peak
memory is never reported below its parent's.
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
    """One coverage question: a shell over the box, or the shipped Starlink shells over the Mediterranean Sea.

    cells: how many the box is cut into; None for the sea, whose hexagons are as many as they are. link: keys of
    the scenario's section [link]; beams: those of [beams], a loaded network.
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

# `mid / 648`, grown in one thing at a time; and by how much.
GROWN = (
    dataclasses.replace(MID, name="cells x2", cells=22_000),
    dataclasses.replace(MID, name="time x2", duration_h=48),
    dataclasses.replace(MID, name="satellites x10", satellites=6_480),
)
GROWTH = {"cells x2": 2, "time x2": 2, "satellites x10": 10}

# `mid / 648`, asked for less or more; for the kernel alone.
_EVERYTHING = {"environment": "rural", "services": ALL_SERVICES, "limits": ("fcc-25-202k", "fcc-25-208w-pcs")}
ASKED = (
    dataclasses.replace(MID, name="one service", link={"services": ("text",)}),
    dataclasses.replace(MID, name="five services", link={"services": ALL_SERVICES}),
    dataclasses.replace(MID, name="with probability", link={"environment": "rural"}),
    dataclasses.replace(MID, name="with two limits", link={"limits": _EVERYTHING["limits"]}),
    dataclasses.replace(MID, name="mask 5 deg", link={"min_elevation_deg": 5}),
)
ALL = {w.name: w for w in (*WORKLOADS.values(), *GROWN, *ASKED)}

# What the gate replays, small: each spends its time in another part of the kernels.
CASES = (
    dataclasses.replace(SMALL, name="plain"),
    dataclasses.replace(
        SMALL, name="low mask", cells=500, link={"min_elevation_deg": 5, "losses": "indoor"}
    ),  # curves from tables
    dataclasses.replace(SMALL, name="everything", link=_EVERYTHING),
    dataclasses.replace(SMALL, name="crowd", cells=100, satellites=9_000),  # the search for candidates
    dataclasses.replace(SMALL, name="loaded", cells=200, beams={"beam_cells": 3}),  # assignment, interference
)


def to_toml(workload: Workload) -> str:
    """Return the scenario that `d2c run` takes.

    Scenario files know no cells of equal area: the box is cut into boxes of latitude and longitude, in the number
    that comes nearest. Written is GeoParquet alone.
    """
    sections = _question(workload) | {
        "link": workload.link,
        "time": {"start": "epoch", "duration_h": workload.duration_h, "step_s": workload.step_s},
        "output": {"formats": ["parquet"]},
    }
    if workload.beams is not None:
        sections["beams"] = workload.beams
    lines = [f"title = {json.dumps(workload.name)}"]
    for section, values in sections.items():
        lines += [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _question(workload: Workload) -> Sections:
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
    """Return the step, in thousandths of a degree, whose boxes over BOX_DEG are nearest to so many."""
    west, south, east, north = BOX_DEG

    def boxes(thousandths: int) -> int:
        columns = math.ceil(1000 * east / thousandths) - math.floor(1000 * west / thousandths)
        rows = math.ceil(1000 * north / thousandths) - math.floor(1000 * south / thousandths)
        return columns * rows

    return min(range(10, 2000), key=lambda step: abs(boxes(step) - cells)) / 1000
