"""Bad input about phones, as its user meets it: one line that names what is wrong and the way out, exit code 2."""

import subprocess
import sys

import pytest

QUICK = ("region.area=molise", "grid.resolution=4", "time.duration_h=1")
FIGURE = "{{ value = {}, assumed = 'x' }}"


def run(folder, *settings):
    words = [word for setting in (*QUICK, *settings) for word in ("--set", setting)]
    command = [
        sys.executable,
        "-m",
        "d2c",
        "run",
        "italy",
        "--best-case",
        "-q",
        *words,
        "-o",
        str(folder / "result"),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            ["link.phones=mix", "link.losses=pocket"],
            ["losses = 'pocket' and phones = 'mix'", "link.losses=outdoor", "link.phones=none"],
        ),
        (["link.phones=mxi"], ["unknown mix of phones 'mxi'", "did you mean 'mix'"]),
        (
            ["link.phones=none", "link.operating=measured"],
            [
                "operating = 'measured'",
                "losses 'outdoor' without phones",
                "link.phones=mix",
                "link.phone_loss_db=18",
            ],
        ),
        (
            ["link.operating=filed", "link.phone_loss_db=12"],
            ["phone_loss_db = 12", "operating", "'measured'"],
        ),
        (["link.environment=marsh"], ["environment", "marsh", "'dense-urban'"]),
        (["link.phones_per_cell=1"], ["phones_per_cell", "greater than or equal to 2"]),
        (["link.skyline_correlation_deg=0"], ["skyline_correlation_deg", "greater than 0"]),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(tmp_path, settings, told):
    done = run(tmp_path, *settings)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    text = " ".join(done.stderr.split())
    for words in told:
        assert words in text
    assert not (tmp_path / "result").exists()


@pytest.mark.parametrize(
    ("posture", "told"),
    [
        ("weight = {minus}\nloss_db = {one}", "weight = -1 must be between 0 and 1e+06"),
        ("weight = {one}\nspread_db = {one}\nbuilding = 'traditional'", "spread_db goes with loss_db"),
    ],
)
def test_a_mix_of_ones_own_that_is_wrong_is_named(tmp_path, posture, told):
    figures = {"one": FIGURE.format(1.0), "minus": FIGURE.format(-1.0)}
    file = tmp_path / "own.toml"
    file.write_text(
        'title = "own"\n[[postures]]\nname = "a"\n' + posture.format(**figures) + "\n", encoding="utf-8"
    )
    done = run(tmp_path, f"link.phones={file}")
    assert done.returncode == 2
    assert "own.toml" in done.stderr
    assert told in " ".join(done.stderr.split())


def test_a_mix_of_ones_own_without_a_calibrated_loss(tmp_path):
    """`measured` needs a figure: one given with the run will do."""
    file = tmp_path / "own.toml"
    figure = FIGURE.format(1.0)
    file.write_text(
        f'title = "own"\n[[postures]]\nname = "a"\nweight = {figure}\nloss_db = {figure}\n', encoding="utf-8"
    )
    chosen = (f"link.phones={file}", "link.operating=measured")
    refused = run(tmp_path, *chosen)
    assert refused.returncode == 2
    assert "have no calibrated phone_loss_db" in " ".join(refused.stderr.split())
    done = run(tmp_path, *chosen, "link.phone_loss_db=18", "output.formats=['parquet']")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "result" / "coverage.parquet").exists()
