"""Maps and animations of beam footprints."""

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from PIL import Image

from d2c.coverage.network.footprints import BeamFootprints
from d2c.files import write_bytes
from d2c.output.format.colours import SATELLITE_COLOURS
from d2c.output.format.page import drawing_settings, image_format
from d2c.output.maps.map_view import MapView
from d2c.output.maps.picture import draw_basemap
from d2c.output.maps.sheet import Sheet
from d2c.utc import utc_text

_FREQUENCY_EDGES = ("#202020", "#d00000", "#0040ff", "#ffffff")
_POLARISATION_DASHES = ("-", (0, (2.0, 1.2)))
_NAME_PT = 7.0
_GIF_WIDTHS, _LARGEST_GIF = (
    (840, 720, 600),
    3_000_000,
)  # pixels: the first width within the size limit (bytes) is used
_FRAME_MS, _LAST_FRAME_MS = 250, 1500
_GIF_COLOURS, _CANDIDATES, _COLOURS_APART = 256, 20_000, 16
ALPHA = 0.55


@dataclass(frozen=True, eq=False, slots=True)
class BeamScene:
    """Settings shared by all beam maps of a result.

    beam_cells (B,): outlines in degrees, all within the map; names: of the satellites; reuse: number of frequencies
    (colour group = polarisation * reuse + frequency).
    """

    beam_cells: NDArray[np.object_]
    names: Sequence[str]
    reuse: int
    polarisations: int
    title: str
    caption: str
    basemap: dict[str, Any]


def draw_beams(footprints: BeamFootprints, scene: BeamScene, path: Path) -> None:
    """Write a map of the beams at an instant, as PNG, SVG or PDF by the path's extension.

    Face colours show satellites; edges show frequency and polarisation. The same input gives the same bytes.
    ResultError for another extension and for errors of the operating system.
    """
    kind = image_format(path)
    with drawing_settings():
        data = _sheet(footprints, scene, satellite_colours([footprints])).page.rendered(kind)
    write_bytes(path, data)


def animate_beams(frames: Sequence[BeamFootprints], scene: BeamScene, path: Path) -> None:
    """Write a GIF with one frame per instant (at least one); satellites keep their colours."""
    colours = satellite_colours(frames)
    with drawing_settings():
        pictures = [_sheet(footprints, scene, colours).page.rendered() for footprints in frames]
    for width in _GIF_WIDTHS:
        data = _gif([_resized(picture, width) for picture in pictures])
        if len(data) <= _LARGEST_GIF:
            break
    write_bytes(path, data)


def _gif(frames: Sequence[Image.Image]) -> bytes:
    palette = _palette(frames)
    indexed = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [_FRAME_MS] * (len(frames) - 1) + [_LAST_FRAME_MS]
    out = io.BytesIO()
    indexed[0].save(out, format="gif", save_all=True, append_images=indexed[1:], duration=durations, loop=0)
    return out.getvalue()


def _resized(png: bytes, width: int) -> Image.Image:
    with Image.open(io.BytesIO(png)) as drawn:
        size = (width, round(drawn.height * width / drawn.width))
        return drawn.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def _palette(frames: Sequence[Image.Image]) -> Image.Image:
    """Return the most frequent colours of all frames, without near duplicates."""
    counts = Counter[int]()
    for frame in frames:
        red, green, blue = np.moveaxis(np.asarray(frame, dtype=np.int64), -1, 0)
        colours, pixels = np.unique(red << 16 | green << 8 | blue, return_counts=True)
        counts.update(dict(zip(colours.tolist(), pixels.tolist(), strict=True)))
    chosen = np.full((_GIF_COLOURS, 3), np.iinfo(np.int64).max >> 32)
    number = 0
    for colour, _ in counts.most_common(_CANDIDATES):
        parts = np.array([*colour.to_bytes(3, "big")])
        if np.abs(chosen - parts).sum(axis=1).min() >= _COLOURS_APART:
            chosen[number], number = parts, number + 1
        if number == _GIF_COLOURS:
            break
    palette = Image.new("P", (1, 1))
    palette.putpalette(chosen[:number].ravel().tolist())
    return palette


def satellite_colours(frames: Sequence[BeamFootprints]) -> dict[int, str]:
    """Return a colour per satellite; satellites share a colour only if more are active than there are colours."""
    order = dict.fromkeys(
        int(satellite) for footprints in frames for satellite in np.unique(footprints.satellite)
    )
    last = {int(satellite): k for k, footprints in enumerate(frames) for satellite in footprints.satellite}
    free_from = dict.fromkeys(SATELLITE_COLOURS, -1)
    colours = {}
    for satellite in order:
        colours[satellite] = min(free_from, key=free_from.__getitem__)  # the colour that is free earliest
        free_from[colours[satellite]] = max(last[satellite], free_from[colours[satellite]]) + 1
    return colours


def _sheet(footprints: BeamFootprints, scene: BeamScene, colours: dict[int, str]) -> Sheet:
    serving = len(set(footprints.satellite.tolist()))
    number = f"{len(footprints):,} beams of {serving:,} satellites" if len(footprints) else "no active beams"
    sheet = Sheet.laid_out(
        MapView.around(scene.beam_cells),
        title=scene.title,
        subtitle=f"{utc_text(footprints.utc).replace('T', ' ').replace('Z', ' UTC')}: {number}",
        caption=scene.caption,
    )
    axes = sheet.map_axes()
    cells = sheet.view.projected(scene.beam_cells)
    draw_basemap(axes, sheet, kept_free=cells, **scene.basemap)
    _draw_footprints(axes, sheet.view, footprints, scene, colours)
    _draw_satellites(axes, sheet, footprints, scene, colours)
    sheet.draw_list("Satellite, and its beams", _legend(footprints, scene, colours))
    return sheet


def _draw_footprints(
    axes: Axes, view: MapView, footprints: BeamFootprints, scene: BeamScene, colours: dict[int, str]
) -> None:
    """Draw the footprints with translucent faces, so that overlapping ones remain visible."""
    if not len(footprints):
        return
    outlines = view.projected(np.asarray(shapely.polygons(footprints.footprint)))
    corners = shapely.get_coordinates(outlines).reshape(len(footprints), -1, 2)
    faces = [colours[int(satellite)] for satellite in footprints.satellite]
    axes.add_collection(
        PolyCollection(list(corners), facecolors=faces, alpha=ALPHA, linewidths=0, zorder=2), autolim=False
    )
    for group in np.unique(footprints.colour).tolist():
        edges = PolyCollection(list(corners[footprints.colour == group]), facecolors="none", zorder=2.5)
        edges.set(**_edge(group, scene))
        axes.add_collection(edges, autolim=False)


def _edge(group: int, scene: BeamScene) -> dict[str, Any]:
    """Return the edge style of a colour group's footprints."""
    polarisation, frequency = divmod(group, scene.reuse)
    dashes = _POLARISATION_DASHES[polarisation]
    return {"edgecolor": _FREQUENCY_EDGES[frequency], "linestyle": dashes, "linewidth": 0.7}


def _draw_satellites(
    axes: Axes, sheet: Sheet, footprints: BeamFootprints, scene: BeamScene, colours: dict[int, str]
) -> None:
    """Mark and name the sub-satellite points of satellites with beams that lie on the map."""
    satellites, first = np.unique(footprints.satellite, return_index=True)
    view = sheet.view
    for satellite, (x, y) in zip(
        satellites.tolist(),
        _projected_points(view, footprints.sub_satellite_deg[first]).tolist(),
        strict=True,
    ):
        if not (view.left_m < x < view.right_m and view.bottom_m < y < view.top_m):
            continue
        axes.plot(
            x, y, marker="D", markersize=5.5, color=colours[satellite], markeredgecolor="black",
            markeredgewidth=0.8, zorder=7,
        )  # fmt: skip
        name = scene.names[satellite]
        width_m = sheet.width_m(name, size_pt=_NAME_PT)
        overflows = x + width_m + view.width_m / 60 > view.right_m
        placement: dict[str, Any] = (
            {"xytext": (-6, 4), "ha": "right"} if overflows else {"xytext": (6, 4), "ha": "left"}
        )
        text = axes.annotate(
            name,
            (x, y),
            textcoords="offset points",
            fontsize=_NAME_PT,
            zorder=8,
            parse_math=False,
            **placement,
        )
        text.set_path_effects([withStroke(linewidth=2.2, foreground="white")])


def _projected_points(view: MapView, places_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack(view.to_map.transform(places_deg[:, 0], places_deg[:, 1])).reshape(-1, 2)


def _legend(
    footprints: BeamFootprints, scene: BeamScene, colours: dict[int, str]
) -> list[tuple[str, str, dict[str, Any]]]:
    """Return a legend row per colour group, if there are several, and a row per satellite with its number of beams."""
    rows: list[tuple[str, str, dict[str, Any]]] = []
    for group in range(scene.reuse * scene.polarisations if scene.reuse * scene.polarisations > 1 else 0):
        polarisation, frequency = divmod(group, scene.reuse)
        labels = [f"frequency {frequency + 1}"] if scene.reuse > 1 else []
        labels += [f"polarisation {polarisation + 1}"] if scene.polarisations > 1 else []
        style = _edge(group, scene) | {"linewidth": 1.6, "facecolor": "#b8b8b8"}
        rows.append((f"edge: {', '.join(labels)}", "", style))
    counts = dict(
        zip(*(part.tolist() for part in np.unique(footprints.satellite, return_counts=True)), strict=True)
    )
    for satellite, colour in colours.items():
        if satellite in counts:
            rows.append((scene.names[satellite], str(counts[satellite]), {"facecolor": (colour, ALPHA)}))
    return rows
