"""Colours that distinguish satellites on maps and pages."""

from collections.abc import Sequence

from d2c import geodesy
from d2c.coverage.network.beam_service import BeamService

# From Paul Tol's notes on colour schemes (2021): "muted", and the colours of "vibrant" and "light" unlike it.
SATELLITE_COLOURS = (
    *("#332288", "#ee7733", "#44aa99", "#cc6677", "#88ccee", "#aa4499"),
    *("#117733", "#ddcc77", "#882255", "#0077bb", "#999933", "#ee3377"),
    *("#bbbbbb", "#cc3311", "#ffaabb"),
)
AREA_COLOUR = "#d6007f"  # of the outline of an area: in no palette of the cells


def satellite_colours(frames: Sequence[BeamService]) -> dict[int, str]:
    """Return a colour per satellite.

    Satellites share a colour only if more serve than there are colours, and then with one that is far away.
    """
    last = {satellite: k for k, service in enumerate(frames) for satellite in service.serving.tolist()}
    free_from = dict.fromkeys(SATELLITE_COLOURS, -1)
    colours: dict[int, str] = {}
    for k, service in enumerate(frames):
        for satellite in service.serving.tolist():
            if satellite in colours:
                continue
            earliest = min(free_from, key=free_from.__getitem__)
            colours[satellite] = (
                earliest if free_from[earliest] <= k else _furthest(satellite, service, colours)
            )
            free_from[colours[satellite]] = max(last[satellite] + 1, free_from[colours[satellite]])
    return colours


def _furthest(satellite: int, service: BeamService, colours: dict[int, str]) -> str:
    """Return the colour whose nearest user among the serving satellites is furthest from a satellite."""
    serving = service.serving.tolist()
    longitude_deg, latitude_deg = service.sub_satellite_deg.T
    up = geodesy.up(latitude_deg=latitude_deg, longitude_deg=longitude_deg)
    nearness = up @ up[serving.index(satellite)]
    nearest = dict.fromkeys(SATELLITE_COLOURS, -1.0)
    for other, near in zip(serving, nearness.tolist(), strict=True):
        if other in colours:
            nearest[colours[other]] = max(near, nearest[colours[other]])
    return min(nearest, key=nearest.__getitem__)
