"""Contact sheet: maps of several columns of a result in one image."""

import io
import math
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from PIL import Image

from d2c.files import write_bytes
from d2c.output.maps.picture import draw_map

if TYPE_CHECKING:  # only cells.py imports GeoPandas at run time
    from geopandas import GeoDataFrame

_ACROSS = 3
_WIDTH = 960  # pixels of one map: small enough for a sheet, large enough for a readable legend


def draw_contact_sheet(
    frame: "GeoDataFrame", path: Path, *, columns: Sequence[str], **map_options: Any
) -> None:
    """Write a PNG with a map of each column; `map_options` are passed to `draw_map`."""
    with TemporaryDirectory() as folder:
        pictures = []
        for column in columns:
            file = Path(folder) / f"{column}.png"
            draw_map(frame, file, column=column, **map_options)
            with Image.open(file) as drawn:
                size = (_WIDTH, round(drawn.height * _WIDTH / drawn.width))
                pictures.append(drawn.convert("RGB").resize(size, Image.Resampling.LANCZOS))
    rows = math.ceil(len(pictures) / _ACROSS)
    height = max(picture.height for picture in pictures)
    sheet = Image.new("RGB", (_ACROSS * _WIDTH, rows * height), "white")
    for k, picture in enumerate(pictures):
        sheet.paste(picture, (k % _ACROSS * _WIDTH, k // _ACROSS * height))
    out = io.BytesIO()
    sheet.save(out, format="png", optimize=True)
    write_bytes(path, out.getvalue())
