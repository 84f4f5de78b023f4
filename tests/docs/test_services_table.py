"""The table of services in docs/budget.md says what the library asks."""

import re
from pathlib import Path

import pytest

from d2c.library.entry import entry_names
from d2c.library.models import read_service
from d2c.link.service import (
    downlink_c_n_db,
    required_bit_rate_bit_s,
    required_cn_with_cqi,
    service_by_rule,
    uplink_c_n_db,
)

PAGE = Path(__file__).parents[2] / "docs" / "budget.md"
ROWS = {
    name: row
    for row in PAGE.read_text(encoding="utf-8").splitlines()
    for name in re.findall("`([a-z0-9-]+)`", row.partition(" | ")[0])
    if name in entry_names("services") and row.startswith("| ")
}
SECONDS = {"ms": 1e-3, "s": 1.0}


def bit_s(text):
    bits, time, unit = re.fullmatch(r"([\d,]+) in (\d+) (m?s)", text).groups()
    return float(bits.replace(",", "")) / (float(time) * SECONDS[unit])


def test_every_service_has_a_row():
    assert set(ROWS) == set(entry_names("services"))


@pytest.mark.parametrize("name", entry_names("services"))
def test_rows_are_those_of_the_library(name):
    service = read_service(name)
    _, down, up, sent, lost, bits_db, reported_db, up_db = ROWS[name].strip("| ").split(" | ")
    requirements = [service.downlink, *([service.uplink] if service.uplink else [])]
    for text, requirement in zip((down, up), requirements, strict=False):
        assert bit_s(text) == pytest.approx(required_bit_rate_bit_s(requirement))
    required = [required_cn_with_cqi(requirement) for requirement in requirements]
    times = [1 if word == "once" else int(word) for word in sent.removesuffix(" times").split(" / ")]
    assert times == [one.repetitions for one in required]
    assert {one.block_error_rate for one in required} == {float(lost.removesuffix(" %")) / 100}
    assert bits_db == f"{downlink_c_n_db(service):.1f}"
    by_report = service_by_rule(service, "operator-reported", name=name)
    assert reported_db.removesuffix(" *") == f"{downlink_c_n_db(by_report):.1f}"
    assert reported_db.endswith("*") == bool(service.operator_reported_c_n_db.assumed)
    assert up_db == (f"{uplink_c_n_db(service):.1f}" if service.uplink else "-")
