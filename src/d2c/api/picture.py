"""A drawn PNG as a picture that notebooks show, and as a file."""

import io
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from d2c.files import write_bytes

if TYPE_CHECKING:
    from PIL.Image import Image


def picture(png: bytes, path: str | PathLike[str] | None = None) -> "Image":
    """Return a PNG as a picture, and write it to `path` if given; OperationError if it cannot be written."""
    from PIL import Image  # here for start-up time

    if path is not None:
        write_bytes(Path(path), png)
    opened = Image.open(io.BytesIO(png))
    opened.load()
    return opened
