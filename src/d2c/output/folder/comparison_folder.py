"""Folder of a comparison: the difference as layers, a map and comparison.json, written atomically."""

from pathlib import Path
from typing import Any

from d2c.analysis.comparison import Comparison
from d2c.files import atomic_folder
from d2c.output.maps.basemap import ATTRIBUTION, basemap_layers
from d2c.output.maps.picture import draw_map
from d2c.output.qgis.files import style_layer
from d2c.output.reports.comparison import differences_text
from d2c.results.format.text_files import write_json
from d2c.results.layers.cells import write_layers
from d2c.results.layers.layer_file import FORMATS, layer_file

_LAYER = "difference"
_ALL_FILES = (*(layer_file(_LAYER, kind) for kind in FORMATS), "difference.qml", "map.png", "comparison.json")


def write_comparison(change: Comparison, folder: Path, *, title: str, report: dict[str, Any]) -> None:
    """Write the folder; ResultError if it cannot be written, and then the folder is unchanged."""
    differences = differences_text(change) or "none"
    caption = f"After minus before, blue where the second is better. Scenario differences: {differences}."
    column = next(name for name in change.cells.columns if name.endswith("_availability_change"))
    with atomic_folder(folder, replaces=_ALL_FILES) as staging:
        write_layers(change.cells, staging, formats=FORMATS, layer=_LAYER, title=title, description=caption)
        style_layer(
            change.cells,
            staging,
            layer=_LAYER,
            first=column,
            title=title,
            description=caption,
            licence=ATTRIBUTION,
        )
        write_json(staging / "comparison.json", report)
        draw_map(
            change.cells,
            staging / "map.png",
            column=column,
            title=title,
            subtitle="difference of two results",
            caption=caption,
            **basemap_layers(),
        )
