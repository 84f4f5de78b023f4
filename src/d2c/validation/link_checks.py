"""Checks of a single link: geometry, Doppler, antenna patterns, link budgets and bit rates."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from d2c.antenna import patterns
from d2c.antenna.bessel import j1
from d2c.library import models
from d2c.link.budget import RadioLink
from d2c.link.geometry import (
    LookAngles,
    delay_s,
    doppler_on_sphere,
    doppler_rate_on_sphere,
    footprint_radius_m,
    look_angles_on_sphere,
    orbital_speed_m_s,
)
from d2c.link.rate import Direction, filed_peak_rate_bit_s
from d2c.link.terminal import g_over_t_db_k
from d2c.propagation.free_space import free_space_loss_db
from d2c.units import to_db
from d2c.validation.case import Check


def slant_range(*, altitude_km: float, elevation_deg: float) -> Any:
    """Return the slant range in km."""
    return _look_angles(altitude_km, elevation_deg).slant_range_m / 1e3


def free_space_at_elevation(*, altitude_km: float, elevation_deg: float, frequency_ghz: float) -> Any:
    """Return the free-space loss in dB over the slant range."""
    slant_range_m = _look_angles(altitude_km, elevation_deg).slant_range_m
    return free_space_loss_db(slant_range_m=slant_range_m, frequency_hz=frequency_ghz * 1e9)


def round_trip_delay(*, altitude_km: float, elevation_deg: float) -> Any:
    """Return the round-trip delay in ms handset-satellite-gateway, both ends at the same elevation."""
    return 4e3 * delay_s(slant_range_m=_look_angles(altitude_km, elevation_deg).slant_range_m)


def orbital_speed(*, altitude_km: float) -> Any:
    """Return the speed on a circular orbit in km/s."""
    return orbital_speed_m_s(altitude_m=altitude_km * 1e3) / 1e3


def doppler(*, altitude_km: float, elevation_deg: float) -> Any:
    """Return the Doppler shift of a rising satellite in ppm."""
    return doppler_on_sphere(altitude_m=altitude_km * 1e3, elevation_deg=elevation_deg) * 1e6


def doppler_rate(*, altitude_km: float, elevation_deg: float) -> Any:
    """Return the rate of decrease of the Doppler shift in ppm/s."""
    return -doppler_rate_on_sphere(altitude_m=altitude_km * 1e3, elevation_deg=elevation_deg) * 1e6


def beam_diameter(*, altitude_km: float, beamwidth_deg: float) -> Any:
    """Return the ground diameter of a nadir beam in km."""
    return 2 * footprint_radius_m(altitude_m=altitude_km * 1e3, half_beamwidth_deg=beamwidth_deg / 2) / 1e3


def aperture_beamwidth(*, diameter_m: float, frequency_ghz: float) -> float:
    """Return the full half-power beamwidth of a circular aperture in deg."""
    return patterns.circular_aperture_beamwidth_deg(diameter_m=diameter_m, frequency_hz=frequency_ghz * 1e9)


def s1528(
    *, off_axis_deg: list[float], peak_gain_dbi: float, beamwidth_deg: float, near_side_lobe_db: float
) -> Any:
    """Return the gain of ITU-R S.1528, recommends 1.2, relative to its peak, in dB."""
    gain_dbi = patterns.s1528_gain_dbi(
        off_axis_deg=off_axis_deg,
        peak_gain_dbi=peak_gain_dbi,
        beamwidth_deg=beamwidth_deg,
        near_side_lobe_db=near_side_lobe_db,
    )
    return gain_dbi - peak_gain_dbi


def taylor_parameter(
    *, parameter: Literal["A", "sigma"], side_lobe_ratio_db: float, secondary_lobes: int
) -> float:
    """Return A or sigma of the Taylor pattern of ITU-R S.1528, recommends 1.4."""
    both = patterns.taylor_parameters(side_lobe_ratio_db=side_lobe_ratio_db, secondary_lobes=secondary_lobes)
    return both[("A", "sigma").index(parameter)]


def bessel_j1(*, x: float) -> Any:
    """Return the Bessel function J1 of the aperture patterns."""
    return j1(x)


def handset_g_over_t(*, handset: str) -> float:
    """Return G/T in dB/K of a handset of the library."""
    return g_over_t_db_k(models.read_handset(handset))


def library_link_budget(
    quantity: Literal["c_n_db", "pfd_dbw_m2_mhz", "eirp_dbm"],
    *,
    payload: str,
    handset: str,
    losses: str,
    altitude_km: float,
    elevation_deg: float,
    direction: Direction,
    bandwidth_mhz: float | None = None,
    scan_loss: bool = True,
) -> Any:
    """Return a quantity of the link budget of a payload, a handset and a loss set of the library.

    bandwidth_mhz: default, the payload's. scan_loss: whether the payload has its scan loss.
    """
    link = RadioLink(models.read_payload(payload), models.read_handset(handset), models.read_loss_set(losses))
    if bandwidth_mhz is not None:
        link = link.in_bandwidth(bandwidth_mhz=bandwidth_mhz, direction=direction)
    if not scan_loss:
        link = link.without_scan_loss()
    look = _look_angles(altitude_km, elevation_deg)
    compute = link.downlink if direction == "downlink" else link.uplink
    budget = compute(
        slant_range_m=look.slant_range_m, elevation_deg=look.elevation_deg, off_nadir_deg=look.off_nadir_deg
    )
    if quantity == "eirp_dbm":
        return budget.lines[0].value_db + 30
    return getattr(budget, quantity)


def budget_from_figures_of_merit(
    *,
    quantity: Literal["EIRP", "free-space loss", "received isotropic power", "C/N0", "Eb/N0", "C/N"],
    power_dbw: float,
    transmitter_loss_db: float,
    gain_dbi: float,
    range_km: float,
    frequency_ghz: float,
    bandwidth_mhz: float,
    other_losses_db: float,
    g_over_t_db_k: float,
    receiver_loss_db: float,
    bit_rate_mbit_s: float,
) -> Any:
    """Return a quantity of a downlink budget given by EIRP and G/T."""
    link = _link_from_figures_of_merit(
        eirp_density_dbw_mhz=power_dbw - transmitter_loss_db + gain_dbi - float(to_db(bandwidth_mhz)),
        frequency_mhz=frequency_ghz * 1e3,
        bandwidth_mhz=bandwidth_mhz,
        g_over_t_db_k=g_over_t_db_k,
        losses_db={"other losses": other_losses_db, "receiver loss": receiver_loss_db},
    )
    budget = link.downlink(slant_range_m=range_km * 1e3, elevation_deg=90.0, off_nadir_deg=0.0)
    lines = {line.name: line for line in budget.lines}
    match quantity:
        case "received isotropic power":
            return sum(lines[name].signed_db for name in ("EIRP", "free-space loss", "other losses"))
        case "C/N0":
            return budget.c_n0_dbhz
        case "Eb/N0":
            return budget.c_n0_dbhz - to_db(bit_rate_mbit_s * 1e6)
        case "C/N":
            return budget.c_n_db
    return lines[quantity].value_db


def filed_peak_rate(*, channel: str, direction: Direction) -> float:
    """Return the peak rate per beam in Mbit/s."""
    return filed_peak_rate_bit_s(channel=channel, direction=direction) / 1e6


def _look_angles(altitude_km: float, elevation_deg: float) -> LookAngles:
    return look_angles_on_sphere(altitude_m=altitude_km * 1e3, elevation_deg=elevation_deg)


def _link_from_figures_of_merit(
    *,
    eirp_density_dbw_mhz: float,
    frequency_mhz: float,
    bandwidth_mhz: float,
    g_over_t_db_k: float,
    losses_db: Mapping[str, float],
) -> RadioLink:
    def figure(value: float) -> models.Figure:
        return models.Figure(value=value, source="given by the case")

    # Noise figure 0 dB at the 290 K reference: G/T is the gain less 10 log10(290 K)
    noiseless = models.Handset(
        title="given G/T",
        tx_power_dbm=figure(0),
        tx_gain_dbi=figure(0),
        rx_gain_dbi=figure(g_over_t_db_k + float(to_db(290.0))),
        noise_figure_db=figure(0),
        antenna_temperature_k=figure(290),
    )
    payload = models.Payload(
        title="given EIRP",
        downlink=models.Downlink(
            frequency_mhz=figure(frequency_mhz),
            bandwidth_mhz=figure(bandwidth_mhz),
            eirp_density_dbw_mhz=figure(eirp_density_dbw_mhz),
        ),
        beam=models.Beam(peak_gain_dbi=figure(0)),
    )
    losses = models.LossSet(
        title="given losses",
        models=(),
        losses=tuple(models.Loss(name=n, loss_db=figure(v)) for n, v in losses_db.items()),
    )
    return RadioLink(payload, noiseless, losses)


LINK_CHECKS: Mapping[str, Check] = {
    "slant-range": slant_range,
    "free-space-at-elevation": free_space_at_elevation,
    "round-trip-delay": round_trip_delay,
    "orbital-speed": orbital_speed,
    "doppler": doppler,
    "doppler-rate": doppler_rate,
    "beam-diameter": beam_diameter,
    "aperture-beamwidth": aperture_beamwidth,
    "s1528": s1528,
    "taylor-parameter": taylor_parameter,
    "bessel-j1": bessel_j1,
    "handset-g-over-t": handset_g_over_t,
    "library-c-n": partial(library_link_budget, "c_n_db"),
    "library-pfd": partial(library_link_budget, "pfd_dbw_m2_mhz"),
    "library-eirp": partial(library_link_budget, "eirp_dbm"),
    "given-budget": budget_from_figures_of_merit,
    "filed-peak-rate": filed_peak_rate,
}
