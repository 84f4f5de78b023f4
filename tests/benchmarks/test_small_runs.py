"""Small runs of what `make bench` does, in processes of their own as there."""

import json
import subprocess
import sys
from pathlib import Path

import bench
import peers
import pytest
import report
from phases import Phases
from sgp4.api import Satrec
from workloads import ALL, NETWORKS, SMALL, NetworkJob

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_kernel_alone_counts_its_work():
    done = subprocess.run(
        [sys.executable, "measure.py", "kernel", SMALL.name, "count"],
        cwd=BENCHMARKS,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["pairs"] == 1_000 * 648 * 60
    # most satellites stand over the other side of the Earth
    assert 0 < found["tried"] < found["pairs"] / 10
    assert 0 < found["looked"] < found["pairs"] / 10
    assert found["kernel"] > 0
    assert found["propagate"] > 0


def test_phases_add_up_to_the_whole_process(tmp_path):
    sample = bench._whole_process(SMALL, tmp_path)
    phases = [sample[phase] for phase in report.PHASES]
    assert min(phases) > 0
    assert sum(phases) == pytest.approx(sample["total"])
    assert (tmp_path / "out" / "coverage.parquet").is_file()
    # more than Python with numpy takes, less than the machine has: bytes, not kilobytes
    assert 0.05 < sample["memory_gb"] < 8


@pytest.mark.slow
def test_phases_of_a_network_add_up_to_its_processor_time():
    job = NetworkJob(
        name="small",
        scenario="italy-loaded",
        overrides=(
            "time.duration_h=0.1",
            "region.area='molise'",
            "beams.elsewhere='none'",
            "beams.margin_km=0",
        ),
    )
    sample = bench.run_network(job)
    phases = [sample[phase] for phase in report.NETWORK_PHASES]
    assert min(phases) > 0
    assert sum(phases) == pytest.approx(sample["cpu"])
    assert 0.05 < sample["memory_gb"] < 8


def test_a_phase_within_another_counts_for_itself_alone(monkeypatch):
    clock = iter(range(0, 100, 10))
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    found = Phases()
    with found.during("write"), found.during("association"):
        pass
    assert found.seconds == {"write": 20, "association": 10}


MACHINE = {"processor": "abacus", "cores": 2, "system": "x", "load": 0.0, "versions": {"d2c": "0"}}


def test_tables_say_rates_and_growth_and_what_was_met():
    kernel = {"kernel": 0.5, "kernel_cpu": 1.0, "propagate": 1.0}
    whole = {"total": 3.0, "cpu": 4.0, "memory_gb": 0.4} | dict.fromkeys(report.PHASES, 0.1)
    medians = {f"kernel {name}": kernel for name in ALL} | {f"whole {name}": whole for name in ALL}
    medians["kernel time x2"] = {"kernel": 1.5, "kernel_cpu": 3.0, "propagate": 2.0}
    medians["command d2c --help"] = {"total": 0.16, "cpu": 0.1, "memory_gb": 0.02}
    size = {"cells": 1, "boxes": 1, "pairs": 5_000_000_000, "tried": 250_000_000, "looked": 1_000_000_000}
    text = report.tables(
        {
            "measured": "2026-01-01",
            "machine": MACHINE,
            "rounds": 3,
            "flop_per_s": 2e11,
            "sizes": dict.fromkeys(ALL, size),
            "medians": medians,
            "networks": dict.fromkeys(NETWORKS, whole | dict.fromkeys(report.NETWORK_PHASES, 0.25)),
        }
    )
    lines = text.splitlines()
    mid = next(line for line in lines if line.startswith("| mid / 648 | 1 | 0.500 | 1.000 | "))
    # 5e9 pairs in half a second; (40 * 2.5e8 + 15 * 1e9) / 0.5 = 5e10 of 2e11 operations a second
    assert mid.endswith("| 5.00e+09 | 2.50e+08 | 1.00e+09 | 10.0 | 25% |")
    assert f"| italy-loaded |{' 0.25 |' * 10} 4.00 | 3.00 | 0.40 |" in lines
    assert "| time x2 | x 2 | x 3.00 | x 2.00 | x 1.00 | x 1.00 |" in lines
    assert "| mid / 648: kernel | 0.2 s | 0.50 s | **not met** |" in lines
    assert "| mid / 648: `d2c run` | 3 s | 3.00 s | met |" in lines
    assert "| `d2c --help` | 0.15 s | 0.16 s | **not met** |" in lines
    # three times the cost for twice the time is more than linear
    assert "| time x2: kernel | 2.1 times | 3.00 times | **not met** |" in lines
    assert "| time x2: memory | 1.05 times | 1.00 times | met |" in lines
    for table in text.split("**\n\n")[1:]:
        rows = [line for line in table.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) == 1


def test_tables_of_a_few_workloads_leave_out_the_rest():
    medians = {"kernel small / 648": {"kernel": 0.5, "kernel_cpu": 1.0, "propagate": 1.0}}
    size = {"cells": 1, "boxes": 1, "pairs": 1, "tried": 1, "looked": 1}
    results = {"measured": "", "machine": MACHINE, "rounds": 1, "flop_per_s": 1.0, "medians": medians}
    text = report.tables(results | {"sizes": {"small / 648": size}})
    assert "Kernel alone" in text
    assert not any(title in text for title in ("Targets", "Growth", "Commands", "Whole", "Cost of options"))


def test_tables_go_between_the_marks_alone(tmp_path):
    begin, end = "<!-- written by `make x` -->", "<!-- end of what `make x` writes -->"
    page = tmp_path / "page.md"
    page.write_text(f"before\n{begin}\nold\n{end}\nafter\n")
    report.write_between(page, "make x", "new")
    assert page.read_text() == f"before\n{begin}\n\nnew\n\n{end}\nafter\n"
    with pytest.raises(SystemExit, match="needs the lines"):
        report.write_between(page, "make y", "new")


@pytest.mark.parametrize("mark", ["make bench", "make bench-peers"])
def test_the_page_has_the_marks(mark):
    text = report.PAGE.read_text(encoding="utf-8")
    assert text.index(f"<!-- written by `{mark}` -->") < text.index(f"<!-- end of what `{mark}` writes -->")


def test_extrapolation_is_the_line_through_both_slices():
    # 1 s and 0.25 s a cell: 3 s for 8 cells, 9 s for 32, 2,751 s for 11,000
    assert peers.extrapolated(3.0, 9.0) == pytest.approx(2751.0)


def test_table_of_the_others_says_what_failed_and_how_far_hours_differ():
    ours = {str(n): {"cpu_s": 0.5, "hours": 1000.0} for n in (*peers.SLICES, peers.WHOLE)}
    tool = {"8": {"cpu_s": 3.0, "hours": 251.0}, "32": {"cpu_s": 9.0, "hours": 1004.0, "version": "1.2"}}
    tools = {"tatc": tool, "lox-space": {"error": "does not start"}}
    text = peers.table({"measured": "", "machine": MACHINE, "d2c": ours, "tools": tools})
    assert "| 3.0 | 9.0 | ~ 2,751 | x 5,502 | 1,004.00 | +0.400% |" in text
    assert "not measured: does not start" in text
    assert len({line.count("|") for line in text.splitlines() if line.startswith("|")}) == 1


def test_elements_for_the_others_keep_their_figures():
    one = "1 90101U          26001.00000000  .00000000  00000-0  00000+0 0    02"
    two = "2 90101  53.0000  50.0000 0000000   0.0000 202.7778 15.12124541    05"
    before, after = Satrec.twoline2rv(one, two), Satrec.twoline2rv(*peers._with_designator(one, two))
    assert after.intldesg == "26001A"
    assert (after.jdsatepoch, after.no_kozai, after.bstar) == (
        before.jdsatepoch,
        before.no_kozai,
        before.bstar,
    )
