"""Tables of standards: every file names its source, and its columns are locked."""

from importlib import resources

import numpy as np
import pytest

from d2c.errors import ModelRangeError
from d2c.propagation.table import read_table

FILES = [
    (package, entry.name.removesuffix(".toml"))
    for package in ("d2c.propagation", "d2c.link")
    for entry in (resources.files(package) / "tables").iterdir()
    if entry.name.endswith(".toml")
]


@pytest.mark.parametrize(("package", "name"), FILES)
def test_every_table_names_document_source_and_check(package, name):
    table = read_table(name, package=package)
    for text in (table.document, table.table, table.title, table.source, table.checked):
        assert text.strip()
    assert "memory" not in table.source
    assert len({column.shape for column in table.columns.values()}) == 1
    assert all(np.isfinite(column).all() for column in table.columns.values())


def test_there_are_tables_beside_both_packages():
    assert {package for package, _ in FILES} == {"d2c.propagation", "d2c.link"}


def test_name_and_interpolation():
    table = read_table("tr38811_line_of_sight")
    assert table.name == "3GPP TR 38.811 V15.4.0, table 6.6.1-1"
    assert table.at_elevation("urban", elevation_deg=15.0) == pytest.approx((0.246 + 0.386) / 2)
    with pytest.raises(
        ModelRangeError, match=r"elevation 95 deg is outside the 10 to 90 deg that 3GPP TR 38\.811"
    ):
        table.at_elevation("urban", elevation_deg=[20.0, 95.0])


def test_columns_are_locked():
    table = read_table("tr38811_line_of_sight")
    with pytest.raises(ValueError, match="read-only"):
        table["urban"][0] = 1.0
    with pytest.raises(TypeError):
        table.columns["urban"] = np.zeros(9)
