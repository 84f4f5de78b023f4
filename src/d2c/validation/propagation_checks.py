"""Checks of the propagation models: free space, gases, building entry, clutter, shadowing, scintillation."""

from collections.abc import Mapping
from typing import Any, Literal

from d2c.propagation.building import building_entry_loss_db
from d2c.propagation.free_space import free_space_loss_db, spreading_loss_db_m2
from d2c.propagation.gases import gaseous_loss_db, specific_attenuation_db_km
from d2c.propagation.ionosphere import faraday_rotation_deg, scintillation_loss_db
from d2c.propagation.tr38811 import (
    Band,
    clutter_loss_db,
    line_of_sight_probability,
    shadow_fading_sigma_db,
    tropospheric_scintillation_loss_db,
)
from d2c.validation.case import Check


def free_space(*, range_km: float, frequency_ghz: float) -> Any:
    """Return the free-space basic transmission loss in dB."""
    return free_space_loss_db(slant_range_m=range_km * 1e3, frequency_hz=frequency_ghz * 1e9)


def spreading_loss(*, range_km: float) -> Any:
    """Return the spreading loss in dB relative to 1 m2."""
    return spreading_loss_db_m2(slant_range_m=range_km * 1e3)


def specific_attenuation(
    *, frequency_ghz: float, dry_pressure_hpa: float, vapour_pressure_hpa: float, temperature_k: float
) -> float:
    """Return the specific attenuation by oxygen and water vapour in dB/km."""
    attenuation_db_km = specific_attenuation_db_km(
        frequency_hz=frequency_ghz * 1e9,
        dry_pressure_hpa=dry_pressure_hpa,
        vapour_pressure_hpa=vapour_pressure_hpa,
        temperature_k=temperature_k,
    )
    return float(attenuation_db_km)


def gaseous_loss(*, frequency_ghz: float, elevation_deg: float | list[float]) -> Any:
    """Return the gaseous attenuation in dB from sea level to space."""
    return gaseous_loss_db(frequency_hz=frequency_ghz * 1e9, elevation_deg=elevation_deg)


def building_entry(
    *, frequency_ghz: float, elevation_deg: float | list[float], building: str, probability: float
) -> Any:
    """Return the building entry loss in dB not exceeded with a probability."""
    return building_entry_loss_db(
        frequency_hz=frequency_ghz * 1e9,
        elevation_deg=elevation_deg,
        building=building,
        probability=probability,
    )


def line_of_sight(*, environment: str, elevation_deg: list[float]) -> Any:
    """Return the line-of-sight probability."""
    return line_of_sight_probability(environment=environment, elevation_deg=elevation_deg)


def shadow_fading(
    *, environment: str, elevation_deg: list[float], band: Band, path: Literal["LOS", "NLOS"]
) -> Any:
    """Return the standard deviation of the shadow fading in dB."""
    return shadow_fading_sigma_db(
        environment=environment, elevation_deg=elevation_deg, band=band, line_of_sight=path == "LOS"
    )


def clutter_loss(*, environment: str, elevation_deg: list[float], band: Band) -> Any:
    """Return the clutter loss in dB without line of sight."""
    return clutter_loss_db(environment=environment, elevation_deg=elevation_deg, band=band)


def tropospheric_scintillation(*, frequency_ghz: float, elevation_deg: list[float]) -> Any:
    """Return the tropospheric scintillation loss in dB."""
    return tropospheric_scintillation_loss_db(frequency_hz=frequency_ghz * 1e9, elevation_deg=elevation_deg)


def ionospheric_scintillation(*, frequency_ghz: float, latitude_deg: float) -> Any:
    """Return the ionospheric scintillation loss in dB."""
    return scintillation_loss_db(frequency_hz=frequency_ghz * 1e9, latitude_deg=latitude_deg)


def faraday_rotation(*, frequency_ghz: float) -> Any:
    """Return the Faraday rotation in deg for a total electron content of 1e18 per m2."""
    return faraday_rotation_deg(frequency_hz=frequency_ghz * 1e9)


PROPAGATION_CHECKS: Mapping[str, Check] = {
    "free-space": free_space,
    "spreading": spreading_loss,
    "specific-attenuation": specific_attenuation,
    "gaseous-loss": gaseous_loss,
    "building-entry": building_entry,
    "line-of-sight": line_of_sight,
    "shadow-fading": shadow_fading,
    "clutter": clutter_loss,
    "tropospheric-scintillation": tropospheric_scintillation,
    "ionospheric-scintillation": ionospheric_scintillation,
    "faraday-rotation": faraday_rotation,
}
