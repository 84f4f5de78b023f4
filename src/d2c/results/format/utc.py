"""Instants as they are printed."""

import numpy as np

from d2c.errors import ScenarioError
from d2c.scenario.model import Scenario


def utc_text(instant: np.datetime64) -> str:
    """Return an instant as ISO 8601 with Z, parts of a second only where there are any."""
    return f"{str(instant.astype('datetime64[us]')).removesuffix('.000000')}Z"


def minute_text(utc: str) -> str:
    """Return what `utc_text` gave as people read it, to the minute: 2026-08-22 18:00."""
    return utc[:16].replace("T", " ")


def sample_of(
    asked_utc: np.datetime64, scenario: Scenario, *, start: np.datetime64, option: str = "--time"
) -> int:
    """Return the sample whose step holds an instant; ScenarioError, which names the option, outside the span."""
    step = np.timedelta64(scenario.time.step_us, "us")
    sample = int((asked_utc - start) // step)
    if not 0 <= sample < scenario.time.samples:
        end = start + scenario.time.samples * step
        raise ScenarioError(
            f"{option} {utc_text(asked_utc)} is outside the result's span; choose an instant from "
            f"{utc_text(start)} to before {utc_text(end)}"
        )
    return sample
