"""`d2c compare`: difference of two results as a table, a layer and a map."""

from pathlib import Path
from typing import Any

import click

from d2c.analysis.comparison import Comparison, compare
from d2c.cli.console import json_text, print_info
from d2c.cli.shared_options import folder_option, json_option
from d2c.files import atomic_folder
from d2c.output.maps.basemap import ATTRIBUTION, basemap_layers
from d2c.output.maps.picture import draw_map
from d2c.output.qgis.files import style_layer
from d2c.output.reports.headline import asked_text
from d2c.output.reports.network import beams_text
from d2c.results.format.text_files import write_json
from d2c.results.layers.cells import write_layers
from d2c.results.layers.layer_file import FORMATS, layer_file
from d2c.results.stored import ResultTables, open_result

_LAYER = "difference"
_ALL_FILES = (*(layer_file(_LAYER, kind) for kind in FORMATS), "difference.qml", "map.png", "comparison.json")


@click.command("compare")
@click.argument("before", metavar="A", type=click.Path(path_type=Path))
@click.argument("after", metavar="B", type=click.Path(path_type=Path))
@folder_option("Folder for the difference.")
@json_option
def command(before: Path, after: Path, folder: Path | None, as_json: bool) -> None:
    """Compare two results: coverage gained and lost from A to B.

    A and B are folders that `d2c run` wrote; if their grids differ, the finer one is used. With -o the difference is
    written as a layer in all formats, with a map and comparison.json.

    \b
    Examples:
      d2c compare out/italy out/italy-40deg
      d2c compare out/starlink out/walker -o out/difference
    """  # noqa: D301  # click needs the backslash
    before_result, after_result = open_result(before), open_result(after)
    comparison = compare(before_result, after_result)
    content: dict[str, Any] = {
        "before": f"{before_result.scenario.title}; {asked_text(before_result.summary)}",
        "after": f"{after_result.scenario.title}; {asked_text(after_result.summary)}",
        "folders": {"before": before.as_posix(), "after": after.as_posix()},
        "cells": len(comparison.cells),
        "cells_left_out": comparison.left_out,
        "services": comparison.table,
        "asked_differently": {key: list(values) for key, values in comparison.differences.items()},
    }
    if folder:
        _write(
            comparison,
            folder,
            title=_title(before_result, after_result),
            content=content,
        )
    click.echo(json_text(content) if as_json else _comparison_text(content))
    if folder:
        print_info(f"wrote {folder}")


def _write(comparison: Comparison, folder: Path, *, title: str, content: dict[str, Any]) -> None:
    differences = "; ".join(
        f"{key}: {_value_text(a)} against {_value_text(b)}" for key, (a, b) in comparison.differences.items()
    )
    caption = (
        f"After minus before, blue where the second is better. Scenario differences: {differences or 'none'}."
    )
    column = next(name for name in comparison.cells.columns if name.endswith("_availability_change"))
    with atomic_folder(folder, replaces=_ALL_FILES) as staging:
        write_layers(
            comparison.cells, staging, formats=FORMATS, layer=_LAYER, title=title, description=caption
        )
        style_layer(
            comparison.cells,
            staging,
            layer=_LAYER,
            first=column,
            title=title,
            description=caption,
            licence=ATTRIBUTION,
        )
        write_json(staging / "comparison.json", content)
        draw_map(
            comparison.cells,
            staging / "map.png",
            column=column,
            title=title,
            subtitle="difference of two results",
            caption=caption,
            **basemap_layers(),
        )


def _title(before: ResultTables, after: ResultTables) -> str:
    """Return the title of the difference: both titles, or the common one and the folders."""
    if before.scenario.title != after.scenario.title:
        return f"{after.scenario.title} against {before.scenario.title}"
    names = [Path(result.label).resolve().name for result in (after, before)]
    return f"{after.scenario.title}: {names[0]} against {names[1]}"


def _comparison_text(content: dict[str, Any]) -> str:
    before, after = content["folders"].values()
    lines = [f"before: {content['before']} ({before})", f"after:  {content['after']} ({after})"]
    lines.append(
        f"{content['cells']:,} cells compared, {content['cells_left_out']:,} of the finer grid excluded"
    )
    for name, row in content["services"].items():
        change = 100 * (row["availability_after"] - row["availability_before"])
        lines.append(
            f"{name}: availability {100 * row['availability_before']:.2f} % -> {100 * row['availability_after']:.2f} % "
            f"({change:+.2f} points); median longest gap {_gap_text(row['median_longest_gap_before_s'])} -> "
            f"{_gap_text(row['median_longest_gap_after_s'])}"
        )
        for share, change in row["gained_and_lost_by_availability"].items():
            lines.append(
                f"  {100 * float(share):g} % of the time: {change['gained_km2']:,.0f} km2 and "
                f"{change['gained_people']:,} people gained, {change['lost_km2']:,.0f} km2 and "
                f"{change['lost_people']:,} people lost"
            )
    differences = content["asked_differently"]
    lines.append("scenario differences:" if differences else "same scenario settings")
    lines += [
        f"  {key}: {_value_text(values[0])} -> {_value_text(values[1])}"
        for key, values in differences.items()
    ]
    return "\n".join(lines)


def _gap_text(seconds: float | None) -> str:
    return "never served" if seconds is None else f"{seconds / 60:.1f} min"


def _value_text(value: Any) -> str:
    """Return a scenario value as text; `[beams]` is the one section that may be missing."""
    if isinstance(value, dict) and "beams_per_satellite" in value:
        return beams_text(value)
    return "not given" if value is None else str(value)
