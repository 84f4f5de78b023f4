"""`d2c doctor` and `d2c --version`."""

import json

from click.testing import CliRunner

from d2c import __version__
from d2c.cli.main import d2c
from d2c.errors import CatalogueError


def test_doctor_reports_a_working_installation():
    done = CliRunner().invoke(d2c, ["doctor", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert found["self_test"]["works"]
    assert found["elements"]["starlink-d2c-2026-08"]["satellites"] == 639
    assert found["versions"]["d2c"] == __version__
    assert "self-test: works" in CliRunner().invoke(d2c, ["doctor"]).output


def test_doctor_reports_a_broken_one(monkeypatch):
    def broken(_):
        raise CatalogueError("the elements are gone")

    monkeypatch.setattr("d2c.cli.commands.doctor.run_coverage", broken)
    done = CliRunner().invoke(d2c, ["doctor"])
    assert done.exit_code == 1
    assert "FAILS: the elements are gone" in done.output


def test_version_names_the_engines():
    text = CliRunner().invoke(d2c, ["--version"]).output
    assert text.startswith(f"d2c {__version__}")
    assert "skyfield" in text
    assert "numba" in text
