"""Gaseous attenuation of the Earth-space path (ITU-R P.676); the only module that imports `p676` and `p835`.

The spectral lines come from the package `p676`. Its line-by-line sum is not used, as it takes one layer at a time,
0.1 s for the atmosphere; nor its slant path: version 0.1.0 takes the total pressure for that of dry air (0.5 % high at
28 GHz) and traces the ray of one elevation at each call. Here the same layers are summed for all elevations at once.
"""

from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np
import p676
import p835
from numpy.typing import NDArray

from d2c.propagation.model_range import check_range

DOCUMENT = "ITU-R P.676-13"
LOWEST_HZ, HIGHEST_HZ = 0.1e9, 30e9

_Array = NDArray[np.float64]

_RADIUS_KM = 6371.0  # P.676-13, 2.2.1
_LAYERS = 922  # P.676-13, 2.2.1: reaches 100 km
_SURFACE_VAPOUR_G_M3 = 7.5  # P.835-6, mean annual global reference atmosphere
_TABLE_POINTS = 1000
_CURVATURE = 0.0005  # of _path_factor; found empirically
# Tables 1 and 2: frequency in GHz, then the coefficients a1 to a6 and b1 to b6, each a row of all lines.
_OXYGEN = np.array([p676.O2_F0, p676.O2_A1, p676.O2_A2, p676.O2_A3, p676.O2_A4, p676.O2_A5, p676.O2_A6])
_VAPOUR = np.array(
    [p676.H2O_F0, p676.H2O_B1, p676.H2O_B2, p676.H2O_B3, p676.H2O_B4, p676.H2O_B5, p676.H2O_B6]
)


def specific_attenuation_db_km(
    *, frequency_hz: float, dry_pressure_hpa: Any, vapour_pressure_hpa: Any, temperature_k: Any
) -> Any:
    """Return the specific attenuation by oxygen and water vapour in dB/km; pressures and temperature broadcast.

    Source: ITU-R P.676-13, Annex 1, eq. (1) to (9).
    """
    ghz, p, e = frequency_hz / 1e9, np.asarray(dry_pressure_hpa), np.asarray(vapour_pressure_hpa)
    theta = 300.0 / np.asarray(temperature_k)

    # eq. (3), (6a) with Zeeman splitting (6b), and (7)
    f0, a1, a2, a3, a4, a5, a6 = _lines(_OXYGEN, theta.ndim)
    width = a3 * 1e-4 * (p * theta ** (0.8 - a4) + 1.1 * e * theta)
    oxygen = _line_sum(
        ghz,
        f0,
        strength=a1 * 1e-7 * p * theta**3 * np.exp(a2 * (1.0 - theta)),
        width=np.sqrt(width**2 + 2.25e-6),
        interference=(a5 + a6 * theta) * ((p + e) * 1e-4 * theta**0.8),
    )
    # eq. (8) and (9)
    debye = 5.6e-4 * (p + e) * theta**0.8
    continuum = 6.14e-5 / (debye * (1.0 + (ghz / debye) ** 2))
    continuum += 1.4e-12 * p * theta**1.5 / (1.0 + 1.9e-5 * ghz**1.5)

    # eq. (3), and (6a) with Doppler broadening (6b)
    f0, b1, b2, b3, b4, b5, b6 = _lines(_VAPOUR, theta.ndim)
    width = b3 * 1e-4 * (p * theta**b4 + b5 * e * theta**b6)
    vapour = _line_sum(
        ghz,
        f0,
        strength=b1 * 1e-1 * e * theta**3.5 * np.exp(b2 * (1.0 - theta)),
        width=0.535 * width + np.sqrt(0.217 * width**2 + 2.1316e-12 * f0**2 / theta),
        interference=0.0,
    )
    return 0.1820 * ghz * (oxygen + ghz * p * theta**2 * continuum + vapour)


def _lines(table: _Array, dimensions: int) -> _Array:
    """Return the columns of a line table, with the line axis before the axes of the atmosphere."""
    return table.reshape(*table.shape, *[1] * dimensions)


def _line_sum(ghz: float, f0: _Array, *, strength: Any, width: Any, interference: Any) -> Any:
    """Return the sum over the lines of line strength times shape factor. Source: ITU-R P.676-13, eq. (2) and (5)."""
    below, above = f0 - ghz, f0 + ghz
    shape = (width - interference * below) / (below**2 + width**2)
    shape = shape + (width - interference * above) / (above**2 + width**2)
    return (strength * (ghz / f0 * shape)).sum(axis=0)


def gaseous_loss_db(*, frequency_hz: float, elevation_deg: Any) -> Any:
    """Return the loss by oxygen and water vapour from sea level to space, same shape as the elevation.

    Mean annual global atmosphere (P.835-6). The elevation is the apparent one. Refraction lifts a ray by 0.10
    deg at 10 deg and 0.77 deg at 0 deg, so a geometric elevation put in its place overstates the loss: by 1 %
    at 10 deg, 3 % at 5 deg, a half and more at 0 deg. Looked up in a table of which the error is below 3e-4
    dB, and below 1e-5 dB from 2 deg up. ModelRangeError outside 0.1 to 30 GHz and 0 to 90 deg. Source: ITU-R
    P.676-13, Annex 1, 2.2.1.
    """
    check_range(
        name="frequency",
        value=frequency_hz / 1e9,
        low=LOWEST_HZ / 1e9,
        high=HIGHEST_HZ / 1e9,
        unit="GHz",
        document=DOCUMENT,
    )
    check_range(name="elevation", value=elevation_deg, low=0, high=90, unit="deg", document=DOCUMENT)
    factor, loss_db = _loss_table(float(frequency_hz))
    return np.interp(_path_factor(np.sin(np.radians(elevation_deg))), factor, loss_db)


def ray_traced_loss_db(*, frequency_hz: float, elevation_deg: Any) -> Any:
    """Return the same loss as a layer-by-layer sum along the ray, same shape; slower.

    Source: ITU-R P.676-13, eq. (13).
    """
    layers = _layers()
    attenuation = specific_attenuation_db_km(
        frequency_hz=frequency_hz,
        dry_pressure_hpa=layers.dry_pressure_hpa,
        vapour_pressure_hpa=layers.vapour_pressure_hpa,
        temperature_k=layers.temperature_k,
    )
    return _path_lengths_km(elevation_deg) @ attenuation


class _Layers(NamedTuple):
    """Atmospheric layers, bottom first, with their properties at mid-height, (L,)."""

    thickness_km: _Array
    radius_km: _Array
    """Of the layer's bottom."""
    dry_pressure_hpa: _Array
    vapour_pressure_hpa: _Array
    temperature_k: _Array
    refractive_index: _Array


@cache
def _layers() -> _Layers:
    thickness = 1e-4 * np.exp(np.arange(_LAYERS) / 100.0)  # eq. (14)
    bottom = np.concatenate([[0.0], np.cumsum(thickness)[:-1]])
    middle = bottom + thickness / 2.0
    temperature = np.array([p835.global_temperature(h) for h in middle])
    total_pressure = np.array([p835.global_pressure(h) for h in middle])
    vapour_pressure = np.array([p835.global_wet_pressure(h, _SURFACE_VAPOUR_G_M3) for h in middle])
    dry_pressure = total_pressure - vapour_pressure
    # P.453-14, eq. (4)
    refractivity = 77.6 * dry_pressure / temperature + 72.0 * vapour_pressure / temperature
    refractivity += 3.75e5 * vapour_pressure / temperature**2
    return _Layers(
        thickness, _RADIUS_KM + bottom, dry_pressure, vapour_pressure, temperature, 1.0 + 1e-6 * refractivity
    )


def _path_lengths_km(elevation_deg: Any) -> Any:
    """Return the ray path length in each layer, (..., L). Source: ITU-R P.676-13, eq. (17) and (19b)."""
    layers = _layers()
    radius, thickness, index = layers.radius_km, layers.thickness_km, layers.refractive_index
    cosine = np.cos(np.radians(np.asarray(elevation_deg, dtype=float)))[..., None]
    sine_zenith = index[0] * radius[0] / (index * radius) * cosine
    vertical = radius * np.sqrt(1.0 - sine_zenith**2)
    return np.sqrt(vertical**2 + 2.0 * radius * thickness + thickness**2) - vertical


def _path_factor(sine: Any) -> Any:
    """Return the approximate path length relative to zenith; the loss is nearly linear in it."""
    return 1.0 / (sine + np.sqrt(sine**2 + _CURVATURE))


@lru_cache(maxsize=256)
def _loss_table(frequency_hz: float) -> tuple[_Array, _Array]:
    """Tabulate the loss over increasing path factors: return both."""
    factor = np.linspace(_path_factor(1.0), _path_factor(0.0), _TABLE_POINTS)
    sine = np.clip((1.0 / factor - _CURVATURE * factor) / 2.0, 0.0, 1.0)
    return factor, ray_traced_loss_db(frequency_hz=frequency_hz, elevation_deg=np.degrees(np.arcsin(sine)))
