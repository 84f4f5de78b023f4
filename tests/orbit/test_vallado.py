"""SGP4 verification vectors of Vallado et al., AIAA 2006-6753, as included in the sgp4 package.

SGP4-VER.TLE holds deliberately odd sets behind comment lines, with columns for the verification program after
the 69th; tcppver.out is the output of Vallado's own C++ program (TEME, km and km/s).
"""

from pathlib import Path

import numpy as np
import pytest
import sgp4

from d2c.orbit.catalogue import read_elements

FOLDER = Path(sgp4.__file__).parent
# Printed to 1e-8 km and 1e-9 km/s; other compilers and mathematics libraries than Vallado's move the last
# digits of orbits that the Moon perturbs strongly.
POSITION_KM, VELOCITY_KM_S = 2e-7, 2e-9


@pytest.fixture(scope="module")
def constellation():
    return read_elements(FOLDER / "SGP4-VER.TLE")


def printed_states():
    blocks, number = [], None
    for line in (FOLDER / "tcppver.out").read_text().splitlines():
        words = line.split()
        if words[-1] == "xx":
            number = int(words[0])
            blocks.append((number, []))
        else:
            blocks[-1][1].append([float(w) for w in words[:7]])
    return [(number, np.array(rows)) for number, rows in blocks]


def test_every_usable_set_is_read(constellation):
    # 33 sets: 20413 comes twice with the same epoch, and the three below are rejected.
    assert len(constellation) == 29
    assert len(constellation.dropped) == 1
    assert {r.name: (r.line, r.reason) for r in constellation.rejected} == {
        # Vallado edited these three to provoke error codes and left the checksums as they were.
        "NORAD 33333": (100, "line 1 has checksum 4, its characters give 2"),
        "NORAD 33334": (103, "line 1 has checksum 9, its characters give 6"),
        "NORAD 33335": (106, "line 1 has checksum 0, its characters give 3"),
    }


def test_states_equal_the_printed_ones(constellation):
    record = dict(zip(constellation.norad_id.tolist(), constellation.records, strict=True))
    rejected = {33333, 33334, 33335}
    compared = 0
    for number, rows in printed_states():
        if number in rejected:
            continue
        for minutes, *state in rows:
            error, position_km, velocity_km_s = record[number].sgp4_tsince(minutes)
            assert error == 0
            assert position_km == pytest.approx(state[:3], abs=POSITION_KM, rel=0)
            assert velocity_km_s == pytest.approx(state[3:], abs=VELOCITY_KM_S, rel=0)
            compared += 1
    assert compared > 500
