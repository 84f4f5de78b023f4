"""`d2c verify` as its user meets it: forms and exit codes."""

import json
from dataclasses import replace

import pytest

from d2c.api.studies import verifying
from d2c.cli.main import main
from d2c.validation.case import read_reference_cases

FEW = tuple(case for case in read_reference_cases() if case.check in ("free-space", "filed-peak-rate"))


@pytest.fixture
def run(monkeypatch, capsys):
    def verify(*options, cases=FEW):
        monkeypatch.setattr(verifying, "read_reference_cases", lambda: cases)
        monkeypatch.setattr("sys.argv", ["d2c", "verify", *options])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code or 0, *capsys.readouterr()

    return verify


@pytest.mark.parametrize("options", [(), ("--json",), ("--markdown",)])
def test_exits_with_0_when_all_is_met_and_with_3_when_one_is_not(run, options):
    code, printed, complaint = run(*options)
    assert (code, complaint) == (0, "")
    assert "FAILED" not in printed
    falsified = replace(FEW[0], expected=tuple(value + 1 for value in FEW[0].expected))
    code, printed, complaint = run(*options, cases=(falsified, *FEW[1:]))
    assert (code, complaint) == (3, "")
    assert ('"failed": 1' if options == ("--json",) else "FAILED") in printed


def test_forms(run):
    assert json.loads(run("--json")[1])["checks"] == len(FEW)
    assert run("--markdown")[1].startswith("# Validation\n")
    assert run()[1].endswith(f"{len(FEW)} checks, all within their tolerance\n")


def test_one_form_at_a_time(run):
    code, printed, complaint = run("--json", "--markdown")
    assert (code, printed) == (2, "")
    assert "--json and --markdown are mutually exclusive" in complaint
