"""Location of the data folders shipped with the project: `tles/` and `regions/`."""

from pathlib import Path

from d2c.errors import D2CError

_PACKAGE = Path(__file__).parent


def shipped_folder(folder: str) -> Path:
    """Return the path of a shipped data folder, in an installed package or a source checkout."""
    for path in (_PACKAGE / folder, _PACKAGE.parents[1] / folder):
        if path.is_dir():
            return path
    raise D2CError(f"the installation has no data folder {folder!r}; reinstall d2c")
