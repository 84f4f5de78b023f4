"""Data shipped with the project: the folders `tles/` and `regions/`, and TOML files of the library by their names."""

from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from d2c.errors import D2CError, ScenarioError, did_you_mean
from d2c.text_files import TextError, is_file, read_text

_PACKAGE = Path(__file__).parent


def shipped_folder(folder: str) -> Path:
    """Return the path of a shipped data folder, in an installed package or a source checkout."""
    for path in (_PACKAGE / folder, _PACKAGE.parents[1] / folder):
        if path.is_dir():
            return path
    raise D2CError(f"the installation has no data folder {folder!r}; reinstall d2c")


def toml_names(folder: str) -> tuple[str, ...]:
    """Return the names of the TOML files in a folder of the library, in alphabetical order."""
    files = (resources.files("d2c.library.data") / folder).iterdir()
    return tuple(sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml")))


def read_toml_text(name_or_path: str, *, folder: str, kind: str, names: Iterable[str]) -> str:
    """Return the text of a TOML file in a folder of the library by its name, or of a file by its path.

    ScenarioError if there is neither; `kind` says of what, and `names` are suggested.
    """
    if name_or_path in toml_names(folder):
        shipped = resources.files("d2c.library.data") / folder / f"{name_or_path}.toml"
        return shipped.read_text(encoding="utf-8")
    if Path(name_or_path).suffix != ".toml" and not is_file(name_or_path):
        raise ScenarioError(f"unknown {kind} '{name_or_path}'{did_you_mean(name_or_path, names)}")
    try:
        return read_text(name_or_path, latin_1=False)
    except (OSError, TextError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ScenarioError(f"{name_or_path}: cannot read the {kind}: {reason}") from error
