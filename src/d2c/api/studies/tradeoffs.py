"""Constellations side by side."""

from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2c.analysis.tradeoff import TradeoffResult, run_tradeoff
from d2c.api.compiling import compilation_logged
from d2c.api.picture import picture
from d2c.api.settings import Changes, change_texts
from d2c.notices import log
from d2c.output.folder.tradeoff_folder import write_tradeoff
from d2c.output.plots.tradeoff import draw_tradeoff
from d2c.output.reports.tradeoff import tradeoff_csv, tradeoff_markdown, tradeoff_report, tradeoff_tables
from d2c.scenario.tradeoff import read_tradeoff
from d2c.scenario.tradeoff_question import asked_tradeoff

if TYPE_CHECKING:
    import pandas as pd
    from PIL.Image import Image


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class TradeoffTable:
    """Constellations side by side, a row for each service of each in each area; made by `tradeoff`.

    Printed, it is the tables of `d2c tradeoff`.

    Examples
    --------
    >>> import d2c
    >>> table = d2c.tradeoff("compare-options", hours=0.1)
    >>> table
    <d2c.TradeoffTable: ...>
    >>> set(table.to_frame()["service"]) >= {"text", "voice"}
    True
    """

    _found: TradeoffResult

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each combination, unrounded; of one that is not served, `refused` gives the reason."""
        import pandas as pd  # here for start-up time

        return pd.DataFrame([asdict(row) for row in self._found.rows])

    def to_dict(self) -> dict[str, Any]:
        """Return the content of tradeoff.json."""
        return tradeoff_report(self._found)

    def to_csv(self) -> str:
        """Return all rows as CSV."""
        return tradeoff_csv(self._found)

    def to_markdown(self) -> str:
        """Return the study as a Markdown page."""
        return tradeoff_markdown(self._found)

    def plot(self, path: str | PathLike[str] | None = None) -> "Image":
        """Return a picture of the options; also as a PNG file, if given."""
        return picture(draw_tradeoff(self._found), path)

    def save(self, folder: str | PathLike[str]) -> Path:
        """Write tradeoff.md, .csv, .json, .html and .png; OperationError if it fails."""
        write_tradeoff(self._found, Path(folder))
        return Path(folder)

    def __str__(self) -> str:
        """Return the tables."""
        return tradeoff_tables(self._found).rstrip("\n")

    def __repr__(self) -> str:
        """Return the title and the number of rows."""
        return f"<d2c.TradeoffTable: {self._found.tradeoff.title}, {len(self._found.rows)} rows>"


def tradeoff(
    specification: str | PathLike[str] = "compare-options",
    *,
    hours: float | None = None,
    best_case: bool = False,
    set: Changes | None = None,  # noqa: A002  # as --set of the command line
    workers: int | None = None,
) -> TradeoffTable:
    """Compare constellations, services and areas side by side, one run for each combination.

    Parameters
    ----------
    specification : str or path
        The built-in `compare-options`, or a TOML file with options, services and areas (docs/tradeoff.md).
    hours : float, optional
        Span of each run, by default that of the specification.
    best_case : bool
        Without the network of beams: the best satellite in view serves, over noise alone.
    set : mapping, optional
        Values of keys of a scenario in place of the specification's, for all users and options: `region.area`, keys of
        `time` and `grid`, and of `link` all but what is compared, such as `{"link.services": ["text"]}`.
    workers : int, optional
        Number of threads, by default all cores.

    Returns
    -------
    TradeoffTable

    Raises
    ------
    D2CError
        If anything in the specification is invalid, before the first run.

    Examples
    --------
    >>> import d2c
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> lines = ['title = "Two shells"', 'areas = ["molise"]', 'services = ["text"]']
    >>> for name, altitude_km in (("low", 360), ("high", 720)):
    ...     lines += ["[[option]]", f'name = "{name}"', 'payload = "starlink-d2c"', "[option.constellation]",
    ...               'walker = "53:240/12/1"', f"altitude_km = {altitude_km}"]
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "shells.toml"
    ...     _ = file.write_text(chr(10).join(lines))
    ...     table = d2c.tradeoff(file, hours=1)
    >>> table.to_frame()[["option", "satellites"]]
      option  satellites
    0    low         240
    1   high         240
    """
    span = [] if hours is None else [f"time.duration_h={hours}"]
    read = asked_tradeoff(
        read_tradeoff(str(specification)), [*change_texts(set), *span], origin=str(specification)
    )
    if best_case:
        read = read.model_copy(update={"network": False})
    with compilation_logged():
        return TradeoffTable(run_tradeoff(read, workers=workers, on_message=log.info))
