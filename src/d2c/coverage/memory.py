"""The memory that a run needs for its length, compared with what there is, before anything is computed."""

import os
from contextlib import suppress
from pathlib import Path

from d2c.coverage.inputs import Inputs
from d2c.coverage.statistics.coverage import Frames, Timeline
from d2c.coverage.statistics.fields import bytes_of
from d2c.coverage.windows import FrameClock
from d2c.errors import ScenarioError
from d2c.scenario.model import Scenario

_COPIES = 2  # the earlier windows, and what they make with the next one
_LIMIT_OF_GROUP = Path("/sys/fs/cgroup/memory.max")


def refuse_too_long(scenario: Scenario, inputs: Inputs) -> None:
    """Raise ScenarioError for a span whose steps and hours do not fit in memory."""
    need, there = needed_bytes(scenario, inputs), memory_bytes()
    if there is not None and need > there:
        raise ScenarioError(
            f"[time] {scenario.time.samples:,} steps with {len(inputs.constellation):,} satellites and "
            f"{len(inputs.grid):,} cells need at least {need / 1e9:,.1f} GB of memory, and there are "
            f"{there / 1e9:,.1f} GB; make step_s longer or duration_h shorter"
        )


def needed_bytes(scenario: Scenario, inputs: Inputs) -> int:
    """Return the least memory of what grows with the length of a run; what grows with its cells is cut into blocks."""
    time, services = scenario.time, len(inputs.services)
    satellite_bytes = -(-len(inputs.constellation) // 8)
    timeline = bytes_of(Timeline, T=time.samples, S=satellite_bytes, V=services)
    frames = 0
    if scenario.output.shows_hours:
        clock = FrameClock.of(samples=time.samples, step_us=time.step_us)
        hours = -(-time.samples * time.step_us // clock.frame_us)
        frames = bytes_of(Frames, F=hours, G=len(inputs.grid), V=services)
    return _COPIES * (timeline + frames)


def memory_bytes() -> int | None:
    """Return the memory of this machine, or what the process may use of it; None where the system does not say."""
    limits = []
    if hasattr(os, "sysconf") and {"SC_PAGE_SIZE", "SC_PHYS_PAGES"} <= os.sysconf_names.keys():
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with suppress(OSError, ValueError):  # no group, or one without a limit, which says "max"
        limits.append(int(_LIMIT_OF_GROUP.read_text(encoding="ascii")))
    with suppress(ImportError):
        import resource  # only where there is Unix

        address_space = resource.getrlimit(resource.RLIMIT_AS)[0]
        limits += [] if address_space == resource.RLIM_INFINITY else [address_space]
    return min(limits, default=None)
