"""Search for the smallest Walker constellation that meets a target."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2c.analysis.sizing.search import SizeResult, smallest_walker
from d2c.api.compiling import compilation_logged
from d2c.api.defaults import EXAMPLE, INCLINATION_STEP_DEG, INCLINATIONS_DEG
from d2c.api.picture import picture
from d2c.api.settings import Changes, change_texts, entry_name
from d2c.coverage.ground import read_area
from d2c.errors import ScenarioError
from d2c.library.constellation import MAX_ALTITUDE_KM, MIN_ALTITUDE_KM
from d2c.library.models import Handset, LossSet, Payload, Service, default_loss_set
from d2c.notices import log
from d2c.output.folder.size_folder import write_size
from d2c.output.plots.size import draw_size
from d2c.output.reports.size import ASKED, size_csv, size_markdown, size_report, size_text
from d2c.scenario.load import override_scenario, parse_override
from d2c.scenario.model import Scenario
from d2c.scenario.target import parse_target
from d2c.toml import validate_model
from d2c.value_range import MOST_VALUES, value_range

if TYPE_CHECKING:
    import pandas as pd
    from PIL.Image import Image

ALTITUDES_KM = MIN_ALTITUDE_KM, MAX_ALTITUDE_KM
# A shell serves best the latitudes somewhat below its inclination: search range around the area's highest latitude.
_BELOW_DEG, _ABOVE_DEG = 8.0, 12.0


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class ConstellationSize:
    """The smallest Walker shell found that meets a target; made by `size`. Printed, it is the text of `d2c size`.

    Attributes
    ----------
    satellites : int or None
        Their number; None if no shell meets the target.

    Examples
    --------
    >>> import d2c
    >>> found = d2c.size("availability >= 0.3 for 50% of area", area="molise", altitude_km=[1200],
    ...                  inclination_deg=[53], hours=1)
    >>> found.satellites == found.to_dict()["best"]["satellites"]
    True
    """

    _found: SizeResult

    @property
    def satellites(self) -> int | None:
        """Return the number of satellites; None if no shell meets the target."""
        return self._found.best.shape.satellites if self._found.best else None

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each shell of the curve: altitude, size, and what it achieves."""
        import pandas as pd  # here for start-up time

        return pd.DataFrame(self.to_dict()["curve"])

    def to_dict(self) -> dict[str, Any]:
        """Return the content of size.json."""
        return size_report(self._found)

    def to_csv(self) -> str:
        """Return the curve as CSV."""
        return size_csv(self._found)

    def to_markdown(self) -> str:
        """Return the study as a Markdown page."""
        return size_markdown(self._found)

    def plot(self, path: str | PathLike[str] | None = None) -> "Image":
        """Return a picture of what sizes achieve; also as a PNG file, if given."""
        return picture(draw_size(self._found), path)

    def save(self, folder: str | PathLike[str]) -> Path:
        """Write size.md, size.json and the curve (size.csv, size.png); OperationError if it fails."""
        write_size(self._found, Path(folder))
        return Path(folder)

    def __str__(self) -> str:
        """Return the text of `d2c size`."""
        return size_text(self._found)

    def __repr__(self) -> str:
        """Return the number of satellites and the target."""
        return f"<d2c.ConstellationSize: {self.satellites or 'no number of'} satellites for {self._found.target}>"


def size(
    target: str = EXAMPLE,
    *,
    area: str | PathLike[str] = "italy",
    service: str | Service = "text",
    altitude_km: Sequence[float] = (340, 525, 1200),
    inclination_deg: Sequence[float] | None = None,
    payload: str | Payload = "starlink-d2c",
    handset: str | Handset = "3gpp-handheld",
    losses: str | LossSet | None = None,
    min_elevation_deg: float = 25.0,
    hours: float = 24.0,
    set: Changes | None = None,  # noqa: A002  # as --set of the command line
    workers: int | None = None,
) -> ConstellationSize:
    """Search for the smallest Walker delta shell that meets a target.

    The search covers inclinations, planes, satellites per plane and phasings at each altitude; its best candidate is
    confirmed by full runs, but is not proven to be the minimum.

    Parameters
    ----------
    target : str
        A quantity, its bound, and a share of the population or area: `availability` or `within_15min` (>=, a share of
        the time), `longest_gap_min` or `_s`, `mean_wait_min` or `_s` (<=).
    area : str or path
        A name, a polygon file or a box.
    service : str or Service
        The service.
    altitude_km : sequence of float
        Altitudes above the equatorial radius, at most 40.
    inclination_deg : sequence of float, optional
        Inclinations, at most 40; by default around the area's highest latitude.
    payload, handset : str or their objects
        The two ends of the link.
    losses : str or LossSet, optional
        By default `outdoor`; `terminal` for a terminal.
    min_elevation_deg : float
        Elevation mask.
    hours : float
        Span of the confirming runs.
    set : mapping, optional
        Values of other keys of `region`, `grid`, `link` and `time`, such as `{"link.environment": "rural"}`.
    workers : int, optional
        Number of threads, by default all cores.

    Returns
    -------
    ConstellationSize

    Raises
    ------
    ScenarioError
        If the target or a value is invalid, or the target is of people in an area without.

    Examples
    --------
    >>> import d2c
    >>> found = d2c.size("availability >= 0.3 for 50% of area", area="molise", altitude_km=[1200],
    ...                  inclination_deg=[53], hours=1)
    >>> found.to_dict()["best"]["meets"]
    True
    """
    chosen = {
        "payload": entry_name(payload),
        "handset": entry_name(handset),
        "min_elevation_deg": min_elevation_deg,
        "services": [entry_name(service)],
        **({"losses": entry_name(losses)} if losses else {}),
    }
    sections: dict[str, Any] = {"region": {"area": str(area)}, "link": chosen, "time": {"duration_h": hours}}
    # placeholder: a scenario needs a constellation, the search replaces it
    sections["constellation"] = {"walker": "53:1/1/0", "altitude_km": 550}
    wanted = parse_target(target)
    scenario = _changed(validate_model(Scenario, sections, origin="size"), change_texts(set))
    altitudes = _checked("altitude_km", altitude_km, *ALTITUDES_KM)
    if inclination_deg is None:
        inclinations = _inclinations(scenario)
    else:
        inclinations = _checked("inclination_deg", inclination_deg, *INCLINATIONS_DEG)
    with compilation_logged():
        found = smallest_walker(
            scenario,
            wanted,
            altitude_km=altitudes,
            inclination_deg=inclinations,
            workers=workers,
            on_message=log.info,
        )
    return ConstellationSize(found)


def _changed(scenario: Scenario, changes: list[str]) -> Scenario:
    """Return the scenario with the changes; its losses are by default those of its handset."""
    for key in (".".join(parse_override(change)[0]) for change in changes):
        if key.partition(".")[0] not in ASKED:
            raise ScenarioError(
                f"{key}: a search for satellites has keys of {', '.join(ASKED)}; leave it out"
            )
    changed = override_scenario(scenario, overrides=changes)
    if len(changed.link.services) > 1:
        raise ScenarioError(
            f"services = {', '.join(changed.link.services)}: a target is of one; leave out the others"
        )
    if "losses" in changed.link.model_fields_set:
        return changed
    losses = default_loss_set(changed.link.handset)
    return changed.model_copy(update={"link": changed.link.model_copy(update={"losses": losses})})


def _inclinations(scenario: Scenario) -> tuple[float, ...]:
    _, south, _, north = read_area(scenario).polygon.bounds
    highest_deg = math.ceil(max(abs(south), abs(north)))
    return value_range(
        max(highest_deg - _BELOW_DEG, 0), min(highest_deg + _ABOVE_DEG, 90), INCLINATION_STEP_DEG
    )


def _checked(name: str, values: Sequence[float], lowest: float, highest: float) -> tuple[float, ...]:
    distinct = tuple(sorted(dict.fromkeys(map(float, values))))
    if not 0 < len(distinct) <= MOST_VALUES or not all(lowest <= value <= highest for value in distinct):
        raise ScenarioError(
            f"{name} = {list(values)}: give 1 to {MOST_VALUES} numbers from {lowest:g} to {highest:g}"
        )
    return distinct
