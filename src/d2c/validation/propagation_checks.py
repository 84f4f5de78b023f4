"""Checks of what the path takes away."""

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
    """Return the basic free-space transmission loss."""
    return free_space_loss_db(slant_range_m=range_km * 1e3, frequency_hz=frequency_ghz * 1e9)


def spreading(*, range_km: float) -> Any:
    """Return the spreading loss over a sphere in square metres."""
    return spreading_loss_db_m2(slant_range_m=range_km * 1e3)


def specific_attenuation(
    *, frequency_ghz: float, dry_pressure_hpa: float, vapour_pressure_hpa: float, temperature_k: float
) -> float:
    """Return the attenuation by oxygen and water vapour in dB/km."""
    found = specific_attenuation_db_km(
        frequency_hz=frequency_ghz * 1e9,
        dry_pressure_hpa=dry_pressure_hpa,
        vapour_pressure_hpa=vapour_pressure_hpa,
        temperature_k=temperature_k,
    )
    return float(found)


def gaseous_loss(*, frequency_ghz: float, elevation_deg: float | list[float]) -> Any:
    """Return the loss by gases from sea level to space."""
    return gaseous_loss_db(frequency_hz=frequency_ghz * 1e9, elevation_deg=elevation_deg)


def building_entry(
    *, frequency_ghz: float, elevation_deg: float | list[float], building: str, probability: float
) -> Any:
    """Return the building entry loss not exceeded with a probability."""
    return building_entry_loss_db(
        frequency_hz=frequency_ghz * 1e9,
        elevation_deg=elevation_deg,
        building=building,
        probability=probability,
    )


def line_of_sight(*, environment: str, elevation_deg: list[float]) -> Any:
    """Return the probability of a line of sight."""
    return line_of_sight_probability(environment=environment, elevation_deg=elevation_deg)


def shadow_fading(
    *, environment: str, elevation_deg: list[float], band: Band, path: Literal["LOS", "NLOS"]
) -> Any:
    """Return the standard deviation of the shadow fading."""
    return shadow_fading_sigma_db(
        environment=environment, elevation_deg=elevation_deg, band=band, line_of_sight=path == "LOS"
    )


def clutter(*, environment: str, elevation_deg: list[float], band: Band) -> Any:
    """Return the clutter loss without line of sight."""
    return clutter_loss_db(environment=environment, elevation_deg=elevation_deg, band=band)


def tropospheric_scintillation(*, frequency_ghz: float, elevation_deg: list[float]) -> Any:
    """Return the loss by tropospheric scintillation."""
    return tropospheric_scintillation_loss_db(frequency_hz=frequency_ghz * 1e9, elevation_deg=elevation_deg)


def ionospheric_scintillation(*, frequency_ghz: float, latitude_deg: float) -> Any:
    """Return the loss by ionospheric scintillation."""
    return scintillation_loss_db(frequency_hz=frequency_ghz * 1e9, latitude_deg=latitude_deg)


def faraday_rotation(*, frequency_ghz: float) -> Any:
    """Return the Faraday rotation for an electron content of 1e18 per square metre."""
    return faraday_rotation_deg(frequency_hz=frequency_ghz * 1e9)


PROPAGATION_CHECKS: Mapping[str, Check] = {
    "free-space": free_space,
    "spreading": spreading,
    "specific-attenuation": specific_attenuation,
    "gaseous-loss": gaseous_loss,
    "building-entry": building_entry,
    "line-of-sight": line_of_sight,
    "shadow-fading": shadow_fading,
    "clutter": clutter,
    "tropospheric-scintillation": tropospheric_scintillation,
    "ionospheric-scintillation": ionospheric_scintillation,
    "faraday-rotation": faraday_rotation,
}
