"""The workloads that d2c is timed with: the same cells, satellites and steps whenever and wherever they are made.

Standard library alone, so that the process that starts and watches the others stays small: a child's peak
memory is never reported below its parent's.
"""

import dataclasses
import json
import math

BOX_DEG = (-6, 30, 37, 47)  # west, south, east, north
ALTITUDE_KM = 530
SHELLS = {648: "53:648/36/1", 6480: "53:6480/90/1", 9000: "53:9000/90/1"}
ALL_SERVICES = ("text", "voice", "voice-encrypted", "cell-broadcast", "data")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One coverage question: a shell over the box, or the shipped Starlink shells over the Mediterranean Sea.

    cells: how many the box is cut into; None for the sea, whose hexagons are as many as they are.
    """

    name: str
    satellites: int
    duration_h: int
    step_s: int
    cells: int | None

    @property
    def steps(self) -> int:
        """Return the number of samples."""
        return self.duration_h * 3600 // self.step_s


SMALL = Workload(name="small / 648", satellites=648, duration_h=1, step_s=60, cells=1_000)
MID = Workload(name="mid / 648", satellites=648, duration_h=24, step_s=30, cells=11_000)
MID_DENSE = dataclasses.replace(MID, name="mid / 9,000", satellites=9_000)
BIG = Workload(name="big / 648", satellites=648, duration_h=24, step_s=10, cells=78_000)
BIG_DENSE = dataclasses.replace(BIG, name="big / 9,000", satellites=9_000)
REAL = Workload(name="real / 639", satellites=639, duration_h=24, step_s=30, cells=None)
WORKLOADS = {w.name: w for w in (SMALL, MID, MID_DENSE, BIG, BIG_DENSE, REAL)}

# `mid / 648`, grown in one thing at a time, and by how much.
GROWTH = {
    dataclasses.replace(MID, name="cells x2", cells=22_000): 2,
    dataclasses.replace(MID, name="time x2", duration_h=48): 2,
    dataclasses.replace(MID, name="satellites x10", satellites=6_480): 10,
}
ALL = WORKLOADS | {w.name: w for w in GROWTH}


def to_toml(workload: Workload) -> str:
    """Return the scenario that `d2c run` takes.

    Scenario files know no cells of equal area: the box is cut into boxes of latitude and longitude, in the number
    that comes nearest. Written is GeoParquet alone.
    """
    return f"""\
title = "{workload.name}"
{_question(workload)}
[time]
start = "epoch"
duration_h = {workload.duration_h}
step_s = {workload.step_s}
[output]
formats = ["parquet"]
"""


def _question(workload: Workload) -> str:
    if workload.cells is None:
        return f"""\
[constellation]
elements = "starlink-d2c-2026-08"
select.only_d2c = true
[region]
area = "mediterranean"
[link]
environment = "open-sea"
services = {json.dumps(ALL_SERVICES)}"""
    return f"""\
[constellation]
walker = "{SHELLS[workload.satellites]}"
altitude_km = {ALTITUDE_KM}
[region]
area = "{",".join(str(side) for side in BOX_DEG)}"
[grid]
kind = "latlon"
step_deg = {latlon_step_deg(workload.cells)}"""


def latlon_step_deg(cells: int) -> float:
    """Return the step, in thousandths of a degree, whose boxes over BOX_DEG are nearest to so many."""
    west, south, east, north = BOX_DEG

    def boxes(thousandths: int) -> int:
        columns = math.ceil(1000 * east / thousandths) - math.floor(1000 * west / thousandths)
        rows = math.ceil(1000 * north / thousandths) - math.floor(1000 * south / thousandths)
        return columns * rows

    return min(range(10, 2000), key=lambda step: abs(boxes(step) - cells)) / 1000
