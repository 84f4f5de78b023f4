"""Satellites above a site at an instant, as JSON and terminal text."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from d2c.local_time import shown_instant
from d2c.output.reports.site import header_lines, rounded_figure, site_metadata
from d2c.site.inputs import SiteInputs
from d2c.site.sky import SkyView
from d2c.utc import utc_text

_COLUMNS = (
    "satellite",
    "norad_id",
    "payload",
    "azimuth_deg",
    "elevation_deg",
    "slant_range_m",
    "above_mask",
    "c_n_db",
    "uplink_c_n_db",
)
_MOST_BELOW = 12
_ROW = "  {:>3}  {:<28} {:>7} {:>9} {:>10} {:>11} {:>9} {:>9}"


def sky_report(inputs: SiteInputs, sky: SkyView) -> dict[str, Any]:
    """Return the satellites above the horizon: those above the mask by C/N, then the others by elevation.

    Levels, margins and probabilities are None below the mask; `serves` lists the services closed by the best
    satellite and is empty for the others. `probability` is None without an environment.
    """
    return {
        **site_metadata(inputs),
        "utc": utc_text(sky.utc),
        "services": {name: service.title for name, service in inputs.radio.services.items()},
        "above_mask": sky.above_mask,
        "satellites": [_satellite(inputs, sky, n) for n in range(len(sky.satellite))],
    }


def sky_columns(report: Mapping[str, Any]) -> list[str]:
    """Return the columns of a table of the satellites."""
    services = list(report["services"])
    levels = [f"{name}_margin_db" for name in services]
    if report["environment"]:
        levels += [f"{name}_probability" for name in services]
    return [*_COLUMNS, *levels]


def _satellite(inputs: SiteInputs, sky: SkyView, n: int) -> dict[str, Any]:
    constellation, services = inputs.satellites.constellation, list(inputs.radio.services)
    satellite = int(sky.satellite[n])
    return {
        "satellite": constellation.name[satellite],
        "norad_id": int(constellation.norad_id[satellite]),
        "payload": inputs.radio.links.payload_of(satellite),
        "azimuth_deg": rounded_figure("azimuth_deg", sky.azimuth_deg[n]),
        "elevation_deg": rounded_figure("elevation_deg", sky.look.elevation_deg[n]),
        "slant_range_m": rounded_figure("slant_range_m", sky.look.slant_range_m[n]),
        "above_mask": n < sky.above_mask,
        **(_levels(services, sky, n) if n < sky.above_mask else _no_levels(services)),
    }


def _levels(services: list[str], sky: SkyView, n: int) -> dict[str, Any]:
    levels = sky.levels
    margins = dict(zip(services, levels.margin_db[:, n].tolist(), strict=True))
    probabilities = dict(zip(services, levels.probability[:, n].tolist(), strict=True))
    has_probability = not any(np.isnan(probability) for probability in probabilities.values())
    return {
        "c_n_db": rounded_figure("c_n_db", levels.c_n_db[n]),
        "uplink_c_n_db": rounded_figure("c_n_db", levels.uplink_c_n_db[n]),
        "margin_db": {name: rounded_figure("margin_db", margin) for name, margin in margins.items()},
        "probability": {
            name: rounded_figure(f"{name}_probability", probability)
            for name, probability in probabilities.items()
        }
        if has_probability
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


def sky_text(inputs: SiteInputs, report: Mapping[str, Any]) -> str:
    """Return the report as terminal text."""
    above = [row for row in report["satellites"] if row["above_mask"]]
    below = [row for row in report["satellites"] if not row["above_mask"]]
    mask = f"the mask of {report['min_elevation_deg']:g} deg"
    lines = [*header_lines(inputs), f"at {shown_instant(report['utc'])} ({report['start_rule']})", ""]
    lines += _table(above, report) if above else [f"No satellite above {mask}"]
    if below:
        lines += [
            "",
            f"Above the horizon, below {mask}",
            *_table(below[:_MOST_BELOW], report, first=len(above)),
        ]
    if len(below) > _MOST_BELOW:
        lines.append(f"  ... and {len(below) - _MOST_BELOW} more, all as JSON")
    return "\n".join([*lines, "", *report["notes"]])


def _table(rows: list[dict[str, Any]], report: Mapping[str, Any], *, first: int = 0) -> Iterator[str]:
    services = list(report["services"])
    titles = [f"{service} margin" for service in services]
    head = ("", "satellite", "number", "azimuth", "elevation", "range", "C/N", "uplink")
    yield (_ROW.format(*head) + _margins(titles)).rstrip()
    several = len(report["payloads"]) > 1
    for number, row in enumerate(rows, first + 1):
        payload = f"  {row['payload']}" if several else ""
        role = (
            f"  serves {', '.join(row['serves']) or 'nothing'}" if number == 1 and row["above_mask"] else ""
        )
        yield (
            _ROW.format(
                number,
                row["satellite"],
                row["norad_id"],
                f"{row['azimuth_deg']:.1f} deg",
                f"{row['elevation_deg']:.1f} deg",
                f"{row['slant_range_m'] / 1e3:.1f} km",
                _db(row["c_n_db"]),
                _db(row["uplink_c_n_db"]),
            )
            + _margins([_db(row["margin_db"][service]) for service in services])
            + payload
            + role
        ).rstrip()


def _margins(texts: list[str]) -> str:
    return "".join(f" {text:>13}" for text in texts)


def _db(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} dB"
