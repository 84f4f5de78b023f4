"""Satellite lookup by name or NORAD number."""

import numpy as np
import pytest

from d2c.errors import CatalogueError
from d2c.orbit.catalogue import find_elements, read_elements
from d2c.orbit.satellite_lookup import find_satellite


@pytest.fixture(scope="module")
def constellation():
    return read_elements(find_elements("starlink-d2c-2026-08"))


@pytest.fixture(scope="module")
def sample():
    """Published names, some with six-digit NORAD numbers."""
    return read_elements(find_elements("starlink-sample-2026-09"))


def test_by_number_and_name(constellation):
    index = find_satellite(constellation, "80007")
    assert constellation.norad_id[index] == 80007
    assert find_satellite(constellation, constellation.name[index]) == index
    assert find_satellite(constellation, f" {constellation.name[index].lower()} ") == index


def test_by_a_part_of_the_name(sample):
    index = find_satellite(sample, "37829")
    assert sample.name[index] == "STARLINK-37829"
    number = int(sample.norad_id[index])
    assert number > 99_999
    assert find_satellite(sample, str(number)) == index


def test_exact_name_takes_precedence_over_a_partial_match(constellation):
    one = constellation.take(np.array([0, 1]))
    longer = type(one)(
        records=one.records,
        name=("STAR 1", "STAR 12"),
        norad_id=one.norad_id.copy(),
        epoch_utc=one.epoch_utc.copy(),
        rejected=(),
        dropped=(),
        source="two",
    )
    assert find_satellite(longer, "STAR 1") == 0
    assert find_satellite(longer, "12") == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("D2C 53-01/01 NOMINEL", "nearest name is 'D2C 53-01/01 NOMINAL'"),
        ("STARLINK-1", "none of the 639"),
        ("12345", "none of the 639"),
        ("", "none of the 639"),
        ("53-01", r"13 satellites of .* contain this in their names \('D2C 53-01/01 NOMINAL' \(80001\)"),
    ],
)
def test_none_or_several_are_errors(constellation, query, message):
    with pytest.raises(CatalogueError, match=message) as caught:
        find_satellite(constellation, query)
    assert "\n" not in str(caught.value)
