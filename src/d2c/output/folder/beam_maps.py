"""The beams of a stored result, assigned again from its scenario, as a picture or an animation."""

from pathlib import Path

import numpy as np

from d2c.coverage.inputs import Inputs, is_nominal
from d2c.coverage.network.footprints import beam_footprints, half_power_deg
from d2c.coverage.windows import Window
from d2c.errors import ResultError, ScenarioError
from d2c.orbit.epoch import start_utc
from d2c.output.maps.basemap import ground
from d2c.output.maps.beam_picture import BeamScene, animate_beams, draw_beams
from d2c.output.reports.summary import caption
from d2c.results.format.utc import sample_of, utc_text
from d2c.results.stored import StoredResult, read_stored_inputs

_MOST_FRAMES = 30


def write_beams(
    stored: StoredResult,
    path: Path | None,
    *,
    kind: str,
    title: str | None,
    instant: str | None,
    minutes: float | None,
) -> Path:
    """Write the beams at an instant, the start unless given, or for so many minutes from it on; return the path.

    `instant` is ISO 8601, "now" or "epoch"; `path` is `beams` with the ending of its kind in the result's folder
    unless given. ResultError for a result without beams or whose inputs have changed, ScenarioError for an instant
    outside its span, and for an animation in another format than GIF.
    """
    if stored.scenario.beams is None:
        raise ResultError(
            f"{stored.folder}: its scenario has no [beams], so none is assigned; make a result with them: "
            "d2c run italy-loaded"
        )
    inputs = read_stored_inputs(stored)
    asked_utc = inputs.start if instant is None else start_utc(instant, inputs.constellation)
    sample = sample_of(asked_utc, stored.scenario, start=inputs.start, option="--at")
    scene = _scene(stored, inputs, title=title)
    if minutes is None:
        path = path or stored.folder / f"beams.{kind}"
        draw_beams(beam_footprints(stored.scenario, inputs, Window(sample, 1))[0], scene, path)
        return path
    path = path or stored.folder / "beams.gif"
    if path.suffix != ".gif" or kind != "png":
        raise ScenarioError(
            f"{path}: --animate writes a GIF; leave --format away, and let the name end in .gif"
        )
    window = _window(stored, inputs, sample=sample, minutes=minutes)
    every = -(-window.count // _MOST_FRAMES)
    animate_beams(beam_footprints(stored.scenario, inputs, window)[::every], scene, path)
    return path


def _window(stored: StoredResult, inputs: Inputs, *, sample: int, minutes: float) -> Window:
    """Return the steps of so many minutes; ScenarioError if they are more than the span has left."""
    step_us, left = stored.scenario.time.step_us, stored.scenario.time.samples - sample
    count = max(int(minutes * 60e6) // step_us, 1)
    if count > left:
        at = inputs.start + sample * np.timedelta64(step_us, "us")
        raise ScenarioError(
            f"--animate {minutes:g}: from {utc_text(at)} on the result has {left * step_us / 60e6:g} min left; ask for "
            "at most that, or begin earlier with --at"
        )
    return Window(sample, count)


def _scene(stored: StoredResult, inputs: Inputs, *, title: str | None) -> BeamScene:
    plan, beams = inputs.beams, stored.scenario.beams
    assert plan is not None
    assert beams is not None
    explained = (
        f"Drawn is where the gain of a beam is at most 3\u00a0dB below its highest, {half_power_deg(inputs.link):.2f}"
        "\u00a0deg off its axis; diamonds are the points below the satellites."
    )
    if is_nominal(stored.scenario, inputs.constellation):
        explained += " The satellites are nominal ones: good for how many and how far, not for which."
    return BeamScene(
        beam_cells=plan.grid.boundary,
        names=[name.removesuffix(" NOMINAL") for name in inputs.constellation.name],
        reuse=beams.reuse,
        polarisations=beams.polarisations,
        title=title or stored.scenario.title,
        caption=f"{explained} {caption(stored.summary)}",
        ground=ground() | {"places": ()},  # the map has names of satellites
    )
