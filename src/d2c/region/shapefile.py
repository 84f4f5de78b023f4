"""The files that belong to a Shapefile."""

from pathlib import Path

from d2c.text_files import is_file

_PARTS = (".shx", ".dbf", ".prj", ".cpg")


def shapefile_parts(path: Path) -> list[Path]:
    """Return the files beside a .shp file that belong to it; nothing for another file."""
    parts = _PARTS if path.suffix.lower() == ".shp" else ()
    return [part for part in map(path.with_suffix, parts) if is_file(part)]
