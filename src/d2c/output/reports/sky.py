"""The sky over a place at one instant, for JSON and the terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from d2c.output.reports.site import SiteName, about, head_lines, plain
from d2c.results.format.utc import utc_text
from d2c.site.inputs import SiteInputs
from d2c.site.sky import SkyView

_MOST_BELOW = 12
_ROW = "  {:>3}  {:<28} {:>7} {:>9} {:>10} {:>11} {:>9} {:>9}"


def sky_report(name: SiteName, inputs: SiteInputs, sky: SkyView) -> dict[str, Any]:
    """Return the satellites above the horizon: those above the mask by their C/N, then the others by elevation.

    Levels, margins and probabilities are None below the mask; `serves` names the services that the best satellite
    closes, and is empty for the others. `probability` is None without an environment.
    """
    return {
        **about(name, inputs),
        "utc": utc_text(sky.utc),
        "services": {name: service.title for name, service in inputs.radio.services.items()},
        "above_mask": sky.above_mask,
        "satellites": [_satellite(inputs, sky, n) for n in range(len(sky.satellite))],
    }


def _satellite(inputs: SiteInputs, sky: SkyView, n: int) -> dict[str, Any]:
    constellation, services = inputs.satellites.constellation, list(inputs.radio.services)
    satellite = int(sky.satellite[n])
    return {
        "satellite": constellation.name[satellite],
        "norad_id": int(constellation.norad_id[satellite]),
        "azimuth_deg": plain("azimuth_deg", sky.azimuth_deg[n]),
        "elevation_deg": plain("elevation_deg", sky.look.elevation_deg[n]),
        "slant_range_m": plain("slant_range_m", sky.look.slant_range_m[n]),
        "above_mask": n < sky.above_mask,
        **(_levels(services, sky, n) if n < sky.above_mask else _no_levels(services)),
    }


def _levels(services: list[str], sky: SkyView, n: int) -> dict[str, Any]:
    levels = sky.levels
    margins = dict(zip(services, levels.margin_db[:, n].tolist(), strict=True))
    chances = dict(zip(services, levels.probability[:, n].tolist(), strict=True))
    given = not any(np.isnan(chance) for chance in chances.values())
    return {
        "c_n_db": plain("c_n_db", levels.c_n_db[n]),
        "uplink_c_n_db": plain("c_n_db", levels.uplink_c_n_db[n]),
        "margin_db": {name: plain("margin_db", margin) for name, margin in margins.items()},
        "probability": {name: plain("_probability", chance) for name, chance in chances.items()}
        if given
        else None,
        "serves": [name for name, margin in margins.items() if margin >= 0] if n == 0 else [],
    }


def _no_levels(services: list[str]) -> dict[str, Any]:
    return {
        "c_n_db": None,
        "uplink_c_n_db": None,
        "margin_db": dict.fromkeys(services),
        "probability": None,
        "serves": [],
    }


def sky_text(name: SiteName, inputs: SiteInputs, report: Mapping[str, Any]) -> str:
    """Return the report as a person reads it in a terminal."""
    above = [one for one in report["satellites"] if one["above_mask"]]
    below = [one for one in report["satellites"] if not one["above_mask"]]
    mask = f"the mask of {report['min_elevation_deg']:g} deg"
    lines = [*head_lines(name, inputs), f"at {report['utc']} ({report['start_rule']})", ""]
    lines += _table(above, report) if above else [f"No satellite above {mask}"]
    if below:
        lines += [
            "",
            f"Above the horizon, below {mask}",
            *_table(below[:_MOST_BELOW], report, first=len(above)),
        ]
    if len(below) > _MOST_BELOW:
        lines.append(f"  ... and {len(below) - _MOST_BELOW} more, all with --json")
    return "\n".join([*lines, "", *report["notes"]])


def _table(rows: list[dict[str, Any]], report: Mapping[str, Any], *, first: int = 0) -> Iterator[str]:
    services = list(report["services"])
    titles = [f"{service} margin" for service in services]
    head = ("", "satellite", "number", "azimuth", "elevation", "range", "C/N", "uplink")
    yield (_ROW.format(*head) + _margins(titles)).rstrip()
    for number, one in enumerate(rows, first + 1):
        role = (
            f"  serves {', '.join(one['serves']) or 'nothing'}" if number == 1 and one["above_mask"] else ""
        )
        yield (
            _ROW.format(
                number,
                one["satellite"],
                one["norad_id"],
                f"{one['azimuth_deg']:.1f} deg",
                f"{one['elevation_deg']:.1f} deg",
                f"{one['slant_range_m'] / 1e3:.1f} km",
                _db(one["c_n_db"]),
                _db(one["uplink_c_n_db"]),
            )
            + _margins([_db(one["margin_db"][service]) for service in services])
            + role
        ).rstrip()


def _margins(texts: list[str]) -> str:
    return "".join(f" {text:>13}" for text in texts)


def _db(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} dB"
