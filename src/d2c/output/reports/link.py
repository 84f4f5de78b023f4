"""Link report of one satellite and one handset: the figures behind JSON, CSV and printed tables."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from d2c.library.models import Handset, Limit, Requirement, Service
from d2c.link.beamwidth import Footprint
from d2c.link.budget import DEFAULT_LATITUDE_DEG, LinkBudget, RadioLink
from d2c.link.margins import ServiceMargin, analyse_link, carried_bit_s
from d2c.link.pfd import emitted_level, field_strength_dbuv_m, level_unit, limit_level, limit_margin_db
from d2c.link.rate import efficiency_bit_symbol
from d2c.link.reference_signal import rsrp_dbm, rsrq_db
from d2c.link.satellite_geometry import SatelliteGeometry
from d2c.link.service import required_cn_with_cqi, requirement_text
from d2c.units import to_db

FULL_LOAD = 1.0  # of the beam's resource blocks, for RSRQ


def link_report(
    link: RadioLink,
    geometry: SatelliteGeometry,
    services: Mapping[str, Service],
    *,
    limits: Mapping[str, Limit] | None = None,
    environment: str | None = None,
    latitude_deg: float = DEFAULT_LATITUDE_DEG,
    load: float = FULL_LOAD,
) -> dict[str, Any]:
    """Return geometry, the budget lines of both directions, services and limits, for a geometry of shape ().

    load: share of the beam's resource blocks that carry data, for RSRQ, which is that over noise alone. Numbers are
    unrounded; missing values are None. ScenarioError for a service without the uplink that it requires,
    ModelRangeError outside the range of a model.
    """
    downlink, uplink, service_margins = analyse_link(
        link, services, geometry.look, latitude_deg=latitude_deg, environment=environment
    )
    return {
        "geometry": _geometry(geometry, downlink.frequency_hz, uplink.frequency_hz if uplink else None),
        "downlink": _direction(downlink) | _reference_signal(link.handset, downlink, load),
        "uplink": _direction(uplink) if uplink else None,
        "services": [_service(service) for service in service_margins],
        "limits": [
            _limit(name, limit, downlink, geometry.look.elevation_deg)
            for name, limit in (limits or {}).items()
        ],
    }


def beam_source(beam: Footprint | None) -> dict[str, Any]:
    """Return the source of the distance to the beam centre used for the residual Doppler, under the key beam_radius."""
    source = None if beam is None else {"source": beam.source, "assumed": beam.assumed}
    return {"beam_radius": source}


def _geometry(geometry: SatelliteGeometry, downlink_hz: float, uplink_hz: float | None) -> dict[str, Any]:
    look = geometry.look
    shift, rate = float(geometry.doppler), float(geometry.doppler_rate)
    residual, residual_rate = _number(geometry.residual_doppler), _number(geometry.residual_doppler_rate)
    return {
        "elevation_deg": float(look.elevation_deg),
        "altitude_km": float(geometry.altitude_m) / 1e3,
        "slant_range_m": float(look.slant_range_m),
        "off_nadir_deg": float(look.off_nadir_deg),
        "delay_s": float(geometry.delay_s),
        "doppler_ppm": shift * 1e6,
        "doppler_hz": shift * downlink_hz,
        "uplink_doppler_hz": None if uplink_hz is None else shift * uplink_hz,
        "doppler_rate_ppm_s": rate * 1e6 + 0.0,  # adding zero turns -0.0 into 0.0
        "doppler_rate_hz_s": rate * downlink_hz + 0.0,
        "uplink_doppler_rate_hz_s": None if uplink_hz is None else rate * uplink_hz + 0.0,
        "beam_radius_km": None if np.isnan(geometry.beam_radius_m) else geometry.beam_radius_m / 1e3,
        "residual_doppler_ppm": None if residual is None else residual * 1e6,
        "residual_doppler_hz": None if residual is None else residual * downlink_hz,
        "residual_doppler_rate_ppm_s": None if residual_rate is None else residual_rate * 1e6,
        "residual_doppler_rate_hz_s": None if residual_rate is None else residual_rate * downlink_hz,
    }


def _direction(budget: LinkBudget) -> dict[str, Any]:
    report: dict[str, Any] = {
        "frequency_mhz": budget.frequency_hz / 1e6,
        "bandwidth_mhz": budget.bandwidth_hz / 1e6,
        "lines": [
            {
                "name": line.name,
                "sign": line.sign,
                "value": float(line.value_db),
                "unit": line.unit,
                "source": line.source,
                "assumed": line.assumed,
            }
            for line in budget.lines
        ],
        "c_n_db": float(budget.c_n_db),
        "c_n0_dbhz": float(budget.c_n0_dbhz),
        "spectral_efficiency_bit_symbol": float(efficiency_bit_symbol(c_n_db=budget.c_n_db)),
        "bit_rate_kbps": float(carried_bit_s(budget)) / 1e3,
    }
    if budget.pfd_dbw_m2_mhz is not None:
        pfd_dbw_m2 = budget.pfd_dbw_m2_mhz + to_db(budget.bandwidth_hz / 1e6)
        report["pfd_dbw_m2_mhz"] = float(budget.pfd_dbw_m2_mhz)
        report["field_strength_dbuv_m"] = float(field_strength_dbuv_m(pfd_dbw_m2=pfd_dbw_m2))
    return report


def _reference_signal(handset: Handset, downlink: LinkBudget, load: float) -> dict[str, float]:
    return {
        "rsrp_dbm": float(rsrp_dbm(handset, c_n_db=downlink.c_n_db)),
        "rsrq_db": float(rsrq_db(downlink.c_n_db, load=load)),
        "rsrq_load": load,
    }


def _service(service: ServiceMargin) -> dict[str, Any]:
    margins = service.direction_margin_db
    return {
        "name": service.name,
        "title": service.service.title,
        "closes": bool(service.margin_db >= 0),
        "margin_db": float(service.margin_db),
        "limited_by": min(margins, key=lambda direction: float(margins[direction])),
        **_requirement("downlink", service.service.downlink),
        "downlink_margin_db": float(margins["downlink"]),
        **_requirement("uplink", service.service.uplink),
        "uplink_margin_db": float(margins["uplink"]) if "uplink" in margins else None,
        "probability": None if service.probability is None else float(service.probability),
    }


def _requirement(direction: str, requirement: Requirement | None) -> dict[str, Any]:
    """Return the required C/N and what it follows from, keyed by direction; None without a requirement."""
    keys = ("required_c_n_db", "required_from", "bit_rate_kbps", "repetitions", "block_error_rate")
    values: tuple[Any, ...] = (None,) * len(keys)
    if requirement:
        required, rate = required_cn_with_cqi(requirement), requirement.bit_rate_kbps
        values = (
            required.c_n_db,
            f"CQI {required.cqi}: {requirement_text(requirement)}",
            None if rate is None else rate.value,
            required.repetitions,
            required.block_error_rate,
        )
    return {f"{direction}_{key}": value for key, value in zip(keys, values, strict=True)}


def _limit(name: str, limit: Limit, downlink: LinkBudget, elevation_deg: Any) -> dict[str, Any]:
    emission: dict[str, Any] = {
        "pfd_dbw_m2_mhz": downlink.pfd_dbw_m2_mhz,
        "bandwidth_hz": downlink.bandwidth_hz,
    }
    return {
        "name": name,
        "title": limit.title,
        "applies_to": limit.applies_to,
        "emission": limit.emission,
        "scope": limit.scope,
        "unit": level_unit(limit),
        "level": float(emitted_level(limit, **emission)),
        "limit": float(limit_level(limit, elevation_deg=elevation_deg)),
        "margin_db": float(limit_margin_db(limit, **emission, elevation_deg=elevation_deg)),
    }


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
