import json

import gate
import pytest
from workloads import CASES

NAMES = [case.name for case in CASES]
FITTING = {
    "compiler": gate._compiler(),
    "processor": gate._processor(),
    "instructions": dict.fromkeys(NAMES, 1_000_000),
    "ratios": dict.fromkeys(NAMES, 2.0),
}
OTHERS = {"compiler": "numba 0.1", "processor": "abacus"}


@pytest.fixture
def baseline(tmp_path, monkeypatch):
    """Return what puts a baseline in place, None for no file."""
    monkeypatch.setattr(gate, "BASELINE", tmp_path / "baseline.json")

    def put(content):
        if content is not None:
            gate.BASELINE.write_text(json.dumps(content))

    return put


@pytest.mark.parametrize(("count", "failures"), [(1_099_000, 0), (1_101_000, 1), (500_000, 0)])
def test_ten_per_cent_more_instructions_fail(count, failures):
    found = {"plain": 1_000_000, "crowd": count}
    slower = gate._slower_by_instructions(found, FITTING["instructions"])
    assert len(slower) == failures
    assert all(line.startswith("crowd: +10.1% instructions") for line in slower)


@pytest.mark.parametrize(
    ("tries", "failures"),
    [([2.3], 0), ([2.6, 2.1], 0), ([2.6, 2.6], 1)],
    ids=["near", "slow once", "slow twice"],
)
def test_time_fails_only_if_the_retry_does(tries, failures):
    left = iter(tries)
    slower = gate._slower_by_time(lambda: {"plain": next(left)}, FITTING["ratios"])
    assert len(slower) == failures
    assert next(left, None) is None


@pytest.mark.parametrize(("anew", "failures"), [(1_050_000, 0), (1_200_000, 1)])
def test_instructions_fail_only_if_another_compilation_does(monkeypatch, anew, failures):
    monkeypatch.setattr(
        gate, "_instructions", lambda files, cache=None: {"plain": anew if cache else 1_200_000}
    )
    monkeypatch.setattr(gate, "_ratios", lambda files: {"plain": 2.0})
    assert len(gate._judge(FITTING, [])) == failures


@pytest.mark.parametrize(
    ("other", "judged"),
    [({}, ["instructions", "time"]), ("compiler", ["time"]), ("processor", ["instructions"])],
    ids=["all the same", "other compiler", "other processor"],
)
def test_what_the_baseline_cannot_tell_is_not_judged(baseline, monkeypatch, capsys, other, judged):
    asked = []
    monkeypatch.setattr(gate, "_instructions", lambda files: asked.append("instructions") or {"plain": 1})
    monkeypatch.setattr(gate, "_ratios", lambda files: asked.append("time") or {"plain": 1.0})
    baseline(FITTING | ({other: OTHERS[other]} if other else {}))
    assert gate._judge(gate._read_baseline(), []) == []
    assert asked == judged
    assert ("not compared: the baseline is of" in capsys.readouterr().out) == bool(other)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "there is no baseline.json"),
        (FITTING | OTHERS, "it is of numba 0.1 on abacus"),
        (FITTING | {"instructions": {"plain": 1}}, "its cases are plain; now they are"),
    ],
    ids=["no file", "other compiler and processor", "other cases"],
)
def test_a_baseline_that_tells_nothing_is_no_false_alarm(baseline, capsys, content, reason):
    baseline(content)
    with pytest.raises(SystemExit) as ended:
        gate._read_baseline()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "renew the baseline with `make bench-baseline`" in said
    assert reason in said
