"""Write the nominal direct-to-cell shells as three-line element sets.

    python tles/build_nominal.py GEOMETRY.csv tles/starlink-d2c-2026-08.tle

GEOMETRY.csv has one row for each satellite: plane, slot, inclination_deg, raan_deg, argument_of_latitude_deg
and mean_motion_rev_per_day. The orbits are circular and without drag, so the mean anomaly, counted from an
argument of perigee of 0, is the argument of latitude.
"""

import argparse
import csv
from datetime import UTC, datetime
from pathlib import Path

EPOCH = datetime(2026, 8, 22, 18, tzinfo=UTC)  # of the geometry table
FIRST_NUMBER = 80_001  # 70000 to 99999 are given to no satellite (CelesTrak usage policy, 2026)
NO_DESIGNATOR = " " * 8


def main() -> None:
    """Read the table named first, write the element sets to the file named second."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("geometry", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    with arguments.geometry.open(newline="", encoding="utf-8") as file:
        lines = [
            line for i, row in enumerate(csv.DictReader(file)) for line in element_set(row, FIRST_NUMBER + i)
        ]
    arguments.output.write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")


def element_set(row: dict[str, str], number: int) -> tuple[str, str, str]:
    """Return the name and the two lines of one satellite."""
    midnight = EPOCH.replace(hour=0)
    day = EPOCH.timetuple().tm_yday + (EPOCH - midnight).total_seconds() / 86_400
    line_1 = f"1 {number:05d}U {NO_DESIGNATOR} {EPOCH:%y}{day:012.8f}  .00000000  00000-0  00000-0 0  999"
    angle = "{:8.4f}".format
    line_2 = (
        f"2 {number:05d} {angle(float(row['inclination_deg']))} {angle(float(row['raan_deg']) % 360)} 0000000"
        f" {angle(0)} {angle(float(row['argument_of_latitude_deg']) % 360)}"
        f" {float(row['mean_motion_rev_per_day']):11.8f}{0:5d}"
    )
    return f"D2C {row['plane']}/{int(row['slot']):02d} NOMINAL", with_checksum(line_1), with_checksum(line_2)


def with_checksum(line: str) -> str:
    """Return the line with its checksum: digits as they are, a minus as 1, modulo 10."""
    return line + str(sum(int(c) if c.isdigit() else c == "-" for c in line) % 10)


if __name__ == "__main__":
    main()
