"""Map or animation of the beam cells of a stored result; their service is recomputed from its scenario."""

from pathlib import Path

import numpy as np

from d2c.coverage.inputs import Inputs, is_nominal
from d2c.coverage.network.beam_service import beam_service
from d2c.coverage.windows import Window, sample_index
from d2c.errors import ResultError, ScenarioError
from d2c.local_time import shown_instant
from d2c.orbit.epoch import start_utc
from d2c.output.maps.basemap import basemap_layers
from d2c.output.maps.beam_picture import BeamScene, animate_beams, draw_beams
from d2c.output.reports.caption import run_caption
from d2c.results.stored import ResultTables, read_stored_inputs
from d2c.scenario.model import Beams
from d2c.utc import utc_text

_MOST_FRAMES = 30


def write_beams(
    stored: ResultTables,
    path: Path,
    *,
    title: str | None,
    instant: str | None,
    minutes: float | None,
) -> Path:
    """Write a map of the beam cells at an instant (default: start), or an animation of minutes from it; return path.

    `instant` is ISO 8601, "now" or "epoch"; `path` names the file, or a folder that gets `beams.png` or
    `beams.gif`. ResultError for a result without beams or with changed inputs, ScenarioError for an instant outside its
    span and for an animation in a format other than GIF.
    """
    if stored.scenario.beams is None:
        raise ResultError(
            f"{stored.label}: its scenario has no [beams], so it has no beam cells; make a result with beams: "
            "d2c run italy-loaded"
        )
    inputs = read_stored_inputs(stored)
    instant_utc = inputs.start if instant is None else start_utc(instant, inputs.constellation)
    sample = sample_index(instant_utc, stored.scenario, start=inputs.start)
    scene = _scene(stored, inputs, title=title)
    if minutes is None:
        path = path / "beams.png" if path.is_dir() else path
        draw_beams(beam_service(stored.scenario, inputs, Window(sample, 1))[0], scene, path)
        return path
    path = path / "beams.gif" if path.is_dir() else path
    if path.suffix != ".gif":
        raise ScenarioError(f"{path}: an animation is a GIF; use a file name ending in .gif")
    window = _window(stored, inputs, sample=sample, minutes=minutes)
    stride = -(-window.count // _MOST_FRAMES)
    animate_beams(beam_service(stored.scenario, inputs, window)[::stride], scene, path)
    return path


def _window(stored: ResultTables, inputs: Inputs, *, sample: int, minutes: float) -> Window:
    """Return the window of `minutes` from a sample; ScenarioError if the span ends earlier."""
    step_us, remaining = stored.scenario.time.step_us, stored.scenario.time.samples - sample
    count = max(int(minutes * 60e6) // step_us, 1)
    if count > remaining:
        at = shown_instant(utc_text(inputs.start + sample * np.timedelta64(step_us, "us")))
        raise ScenarioError(
            f"an animation of {minutes:g} min: from {at} on the result has {remaining * step_us / 60e6:g} "
            "min left; choose at most that, or start earlier"
        )
    return Window(sample, count)


def _scene(stored: ResultTables, inputs: Inputs, *, title: str | None) -> BeamScene:
    plan = inputs.beams
    assert plan is not None
    note = (
        f"Beam cells of {plan.lattice.radius_m / 1e3:.1f}\u00a0km radius. Colours show the satellite that serves a "
        "cell; they are paler the less of the time a beam is alight over it (by the square root). The list gives the "
        "number of cells of each satellite and their mean hop share, the share of time that a cell gets while it asks. "
        f"{_reuse_text(plan.beams)}Diamonds mark the sub-satellite points."
    )
    if is_nominal(stored.scenario, inputs.constellation):
        note += " The satellites are nominal: valid for numbers and distances, not for individual satellites."
    return BeamScene(
        beam_cells=plan.lattice.boundary,
        excluded=plan.excluded,
        names=[name.removesuffix(" NOMINAL") for name in inputs.constellation.name],
        title=title or stored.scenario.title,
        caption=f"{note} {run_caption(stored.summary)}",
        basemap=basemap_layers() | {"places": ()},  # no place names: the map names the satellites
    )


def _reuse_text(beams: Beams) -> str:
    """Return a sentence on what neighbouring cells differ in, "" for nothing."""
    parts = [f"one of {beams.reuse} frequencies"] if beams.reuse > 1 else []
    parts += [f"one of {beams.polarisations} polarisations"] if beams.polarisations > 1 else []
    return f"Each cell has {' and '.join(parts)} (not shown). " if parts else ""
