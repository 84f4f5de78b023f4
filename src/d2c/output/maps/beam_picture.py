"""Maps and animations of the beam cells that each satellite serves, and how busy its beams are there."""

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
from matplotlib.colors import to_rgb
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from PIL import Image

from d2c.coverage.network.beam_service import BeamService
from d2c.files import write_bytes
from d2c.local_time import shown_words
from d2c.output.format.colours import satellite_colours
from d2c.output.format.page import drawing_settings, image_format
from d2c.output.format.percent import percent_text
from d2c.output.maps.map_view import MapView
from d2c.output.maps.picture import draw_basemap, draw_polygons
from d2c.output.maps.sheet import NO_DATA, Sheet
from d2c.utc import utc_text

PALEST = 0.2  # share of a satellite's colour in its cells where its beam is never alight; the rest is white
EXCLUDED: dict[str, Any] = {"facecolor": "white", "edgecolor": "#a11212", "hatch": "xxxx", "linewidth": 0.0}
_NEUTRAL = "#303030"  # in the legend of the intensity
_NAME_PT = 7.0
_OUTLINE = "#ffffff"
_WIDEST_OUTLINE_PT, _OUTLINE_SHARE = 0.6, 0.05  # of the width of a beam cell on the map
_SEAM_PT = 0.3  # outline in the colour of the face, where cells are too small for another
_SMALLEST_OUTLINED_PT = 4.0
_MOST_VECTORS = 5_000  # cells; more are an image within an SVG or PDF
_GIF_WIDTHS, _LARGEST_GIF = (
    (840, 720, 600),
    3_000_000,
)  # pixels: the first width within the size limit (bytes) is used
_FRAME_MS, _LAST_FRAME_MS = 250, 1500
_GIF_COLOURS, _CANDIDATES, _COLOURS_APART = 256, 20_000, 16

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class BeamScene:
    """Settings shared by all beam maps of a result.

    beam_cells (B,): outlines in degrees, all within the map; excluded (B,): never served; names: of the satellites.
    """

    beam_cells: NDArray[np.object_]
    excluded: NDArray[np.bool_]
    names: Sequence[str]
    title: str
    caption: str
    basemap: dict[str, Any]


@dataclass(frozen=True, eq=False, slots=True)
class _Look:
    """What all frames of one file share: the view, the beam cells in map metres, colours, and the scale of intensity.

    corners (B, 6, 2); covered: union of the cells; colours: by satellite, those with the most cells first; busiest:
    the largest chance of a cell to have a beam alight.
    """

    view: MapView
    cells: NDArray[np.object_]
    corners: Floats
    covered: Any
    colours: dict[int, str]
    busiest: float

    @classmethod
    def of(cls, frames: Sequence[BeamService], scene: BeamScene) -> "_Look":
        view = MapView.around(scene.beam_cells)
        cells = view.projected(scene.beam_cells)
        colours = satellite_colours(frames)
        number = Counter[int]()
        for service in frames:
            number.update(cells_by_satellite(service))
        return cls(
            view=view,
            cells=cells,
            corners=shapely.get_coordinates(cells).reshape(len(cells), -1, 2)[:, :-1],
            covered=shapely.union_all(cells),
            colours={satellite: colours[satellite] for satellite, _ in number.most_common()},
            busiest=max(float(service.alight.max(initial=0.0)) for service in frames),
        )

    def faces(self, service: BeamService, served: NDArray[np.int64]) -> Floats:
        """Return the colours of served cells (N, 3)."""
        palette = {satellite: to_rgb(colour) for satellite, colour in self.colours.items()}
        colour = np.array([palette[satellite] for satellite in service.satellite[served].tolist()])
        return _mixed(colour.reshape(-1, 3), intensity(service.alight[served], busiest=self.busiest))


def intensity(alight: Any, *, busiest: float) -> Any:
    """Return the share of a satellite's colour in a cell by the chance that a beam is alight over it.

    It grows with the square root, so that cells of few people can be told apart beside those of a city.
    """
    relative = np.sqrt(np.asarray(alight) / busiest) if busiest > 0 else np.zeros(np.shape(alight))
    return PALEST + (1 - PALEST) * relative


def _mixed(colour: Any, share: Any) -> Floats:
    """Return colours mixed with white."""
    share = np.asarray(share)[..., None]
    return np.asarray(share * np.asarray(colour) + (1 - share))


def draw_beams(service: BeamService, scene: BeamScene, path: Path) -> None:
    """Write a map of the beam cells at an instant, as PNG, SVG or PDF by the path's extension.

    Colours show satellites; their intensity, how much of the time a beam is alight. The same input gives the same
    bytes. ResultError for another extension and for errors of the operating system.
    """
    kind = image_format(path)
    with drawing_settings():
        data = _sheet(service, scene, _Look.of([service], scene)).page.rendered(kind)
    write_bytes(path, data)


def animate_beams(frames: Sequence[BeamService], scene: BeamScene, path: Path) -> None:
    """Write a GIF with one frame per instant (at least one); satellites keep their colours."""
    look = _Look.of(frames, scene)
    with drawing_settings():
        pictures = [_sheet(service, scene, look).page.rendered() for service in frames]
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


def cells_by_satellite(service: BeamService) -> dict[int, int]:
    """Return the number of beam cells of each serving satellite."""
    satellite, number = np.unique(service.satellite[service.satellite >= 0], return_counts=True)
    return dict(zip(satellite.tolist(), number.tolist(), strict=True))


def _sheet(service: BeamService, scene: BeamScene, look: _Look) -> Sheet:
    satellites = len(service.serving)
    number = (
        f"{service.cells_served:,} of {len(service.satellite):,} beam cells served by {satellites:,} "
        f"satellite{'s' if satellites != 1 else ''}"
        if satellites
        else "no beam cell is served"
    )
    sheet = Sheet.laid_out(
        look.view,
        title=scene.title,
        subtitle=f"{shown_words(utc_text(service.utc))}: {number}",
        caption=scene.caption,
    )
    axes = sheet.map_axes()
    draw_basemap(axes, sheet, kept_free=np.array([look.covered]), **scene.basemap)
    _draw_cells(axes, sheet, service, scene, look)
    _draw_satellites(axes, sheet, service, scene, look.colours)
    sheet.draw_list("Beam cells, mean hop share", _legend(service, scene, look))
    return sheet


def _draw_cells(axes: Axes, sheet: Sheet, service: BeamService, scene: BeamScene, look: _Look) -> None:
    """Draw the beam cells: served ones in their satellite's colour, the others hatched."""
    served = np.flatnonzero(service.satellite >= 0)
    faces = look.faces(service, served)
    width_m = float(np.sqrt(shapely.area(look.cells).mean()))
    width_pt = 72 * sheet.map_box.width * width_m / sheet.view.width_m
    outlined = width_pt >= _SMALLEST_OUTLINED_PT
    collection = PolyCollection(
        list(look.corners[served]),
        facecolors=faces,
        edgecolors=_OUTLINE if outlined else faces,
        linewidths=min(_WIDEST_OUTLINE_PT, _OUTLINE_SHARE * width_pt) if outlined else _SEAM_PT,
        zorder=2,
        rasterized=len(look.cells) > _MOST_VECTORS,
    )
    axes.add_collection(collection, autolim=False)
    draw_polygons(axes, look.cells[(service.satellite < 0) & ~scene.excluded], **NO_DATA, zorder=2)
    draw_polygons(axes, look.cells[scene.excluded], **EXCLUDED, zorder=2)


def _draw_satellites(
    axes: Axes, sheet: Sheet, service: BeamService, scene: BeamScene, colours: dict[int, str]
) -> None:
    """Mark and name the sub-satellite points of serving satellites that lie on the map."""
    view = sheet.view
    for satellite, (x, y) in zip(
        service.serving.tolist(), _projected_points(view, service.sub_satellite_deg).tolist(), strict=True
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


def _legend(service: BeamService, scene: BeamScene, look: _Look) -> list[tuple[str, str, dict[str, Any]]]:
    """Return rows for the intensity and for cells without a beam, and one per satellite: its cells and hop share."""
    rows: list[tuple[str, str, dict[str, Any]]] = []
    for part in (1.0, 0.25, 0.0) if look.busiest > 0 else ():
        alight = part * look.busiest
        face = _mixed(to_rgb(_NEUTRAL), intensity(alight, busiest=look.busiest))
        label = f"alight {percent_text(alight, decimals=1)} of the time" if part else "never alight"
        rows.append((label, "", {"facecolor": tuple(face.tolist())}))
    without = int(((service.satellite < 0) & ~scene.excluded).sum())
    rows += [("no satellite", f"{without:,}", NO_DATA)] if without else []
    rows += [("excluded", f"{int(scene.excluded.sum()):,}", EXCLUDED)] if scene.excluded.any() else []
    number = cells_by_satellite(service)
    for satellite, colour in look.colours.items():
        if satellite in number:
            share = float(service.share[service.satellite == satellite].mean())
            note = f"{number[satellite]:,}; {percent_text(share, decimals=1)}"
            rows.append((scene.names[satellite], note, {"facecolor": colour}))
    return rows
