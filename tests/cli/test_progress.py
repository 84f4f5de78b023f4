"""Progress for logs and pipes: a line now and then, with what is left."""

import pytest

from d2c.cli import progress


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_long_command_is_not_silent(clock, capsys):
    with progress.progress_bar(quiet=False) as report:
        report(1, 100)
        clock[0] += 20
        report(25, 100)
        clock[0] += 1
        report(26, 100)
        clock[0] += 20
        report(100, 100)
    assert capsys.readouterr().err == "d2c: 25 of 100 steps, some 60 s left\n"
