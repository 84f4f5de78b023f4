"""The slow twin of the kernels of a network: plain numpy, the budget's own formula, played hop patterns."""

import numpy as np

from d2c.link.geometry import look_angles
from d2c.link.terminal import beam_loss_db, off_axis_loss_db
from d2c.units import from_db, to_db


def elevation_shares(position_m, places_m, up, *, mask_deg, max_scan_deg):
    """Return elevation / 90 deg of satellites (S, 3) at places (D, 3), NaN where they may not serve, (D, S)."""
    look = look_angles(position_m[None], handset_m=places_m[:, None], up=up[:, None])
    served = (look.elevation_deg >= mask_deg) & (look.off_nadir_deg <= max_scan_deg)
    return np.where(served, look.elevation_deg / 90.0, np.nan)


def outside_slowly(share, weight):
    """Return what falls to each satellite (S,) of places (D, S) in equal shares."""
    seen = ~np.isnan(share)
    number = seen.sum(axis=1, keepdims=True)
    return (seen * weight[:, None] / np.maximum(number, 1)).sum(axis=0)


def prices_slowly(share, weight, outside, *, rounds=8, soft=0.05, up=0.05):
    """Return the price of each satellite after soft rounds over clusters (D, S)."""
    price = np.zeros(share.shape[1])
    for _ in range(rounds):
        value = np.where(np.isnan(share), -np.inf, share - price)
        highest = value.max(axis=1, keepdims=True)
        chance = np.exp((value - np.where(np.isfinite(highest), highest, 0.0)) / soft)
        total = chance.sum(axis=1, keepdims=True)
        load = outside + (weight[:, None] * chance / np.where(total > 0, total, 1.0)).sum(axis=0)
        busy = load > outside
        if not busy.any():
            break
        price = np.where(busy, price + up * np.log(load / load[busy].mean(), where=busy, out=0 * load), price)
    return price


def shares_slowly(weight, outside, *, beams, load, signalling):
    """Return share while asking and chance to be alight of a satellite's cells (N,), by their weights."""
    cells = len(weight) + outside
    idle = (1 - load) * min(signalling, 0.5 * beams / cells)
    traffic = beams - idle * cells
    share = np.minimum(traffic * weight / (load * (weight.sum() + outside)), 1.0)
    return share, np.minimum(load * share + idle, 1.0)


def axes(satellite_m):
    """Return north, east and down at a satellite."""
    down = -satellite_m / np.linalg.norm(satellite_m)
    east = np.cross([0.0, 0.0, 1.0], satellite_m)
    east /= np.linalg.norm(east)
    return np.cross(east, down), east, down


def relative_gain(link, satellite_m, aim_m, place_m):
    """Return the gain of a beam at a place against its gain at the place it aims at, scan loss included in both."""
    beam = link.payload.beam
    frequency_hz = link.payload.downlink.frequency_mhz.value * 1e6
    to_aim, to_place = unit(aim_m - satellite_m), unit(place_m - satellite_m)
    if beam.pattern != "planar-array":
        across = np.linalg.norm(np.cross(to_aim, to_place), axis=-1)
        off_axis = np.degrees(np.arctan2(across, np.sum(to_aim * to_place, axis=-1)))
        return from_db(-off_axis_loss_db(beam, off_axis_deg=off_axis, frequency_hz=frequency_hz))
    along, across, down = axes(satellite_m)
    wavelength_m = 299_792_458.0 / frequency_hz
    difference = to_place - to_aim
    array = (
        np.sinc(beam.length_along_m.value / wavelength_m * (difference @ along))
        * np.sinc(beam.length_across_m.value / wavelength_m * (difference @ across))
    ) ** 2
    return array * ((to_place @ down) / (to_aim @ down)) ** beam.scan_loss_exponent.value


def flux_slowly(link, satellite_m, aim_m, aim_up, place_m, *, power=1.0):
    """Return the PFD of beams aimed at cells (B, 3) at a place, in W/m2/MHz, (B,)."""
    down = link.payload.downlink
    look = look_angles(satellite_m, handset_m=aim_m, up=aim_up)
    scan = beam_loss_db(
        link.payload.beam, off_nadir_deg=look.off_nadir_deg, frequency_hz=down.frequency_mhz.value * 1e6
    )
    centre = from_db(down.eirp_density_dbw_mhz.value - scan) * power / (4 * np.pi * look.slant_range_m**2)
    if down.pfd_cap_dbw_m2_mhz:
        centre = np.minimum(centre, from_db(down.pfd_cap_dbw_m2_mhz.value))
    range_m = np.linalg.norm(place_m - satellite_m)
    return centre * (look.slant_range_m / range_m) ** 2 * relative_gain(link, satellite_m, aim_m, place_m)


def c_n_per_pfd(link, satellite_m, place_m, up):
    """Return what the budget makes of 1 W/m2/MHz at a place, and the elevation of the satellite."""
    look = look_angles(satellite_m, handset_m=place_m, up=up)
    if look.elevation_deg < 10.0:
        return 0.0, float(look.elevation_deg)
    budget = link.without_pfd_cap().downlink(
        slant_range_m=look.slant_range_m, elevation_deg=look.elevation_deg, off_nadir_deg=0.0
    )
    return float(from_db(budget.c_n_db - budget.pfd_dbw_m2_mhz)), float(look.elevation_deg)


def levels_slowly(case, beams, step, place_m, up):
    """Return C/N of every beam of a step at a place, in the order of the step's beams (A,), and their PFD."""
    network, link = case.network, case.inputs.link
    cells, position_m = network.association.cells, case.position_m[step]
    number = int(beams.first[step, beams.satellites[step]])
    flux, receive = np.zeros(number), np.zeros(number)
    for k in range(int(beams.satellites[step])):
        of_satellite = slice(beams.first[step, k], beams.first[step, k + 1])
        satellite_m = position_m[beams.satellite[step, k]]
        cell = beams.cell[step, of_satellite]
        heard, elevation = c_n_per_pfd(link, satellite_m, place_m, up)
        if elevation > 0:
            power = min(network.association.rules.full_power / beams.alight[step, k], 1.0)
            flux[of_satellite] = flux_slowly(
                link, satellite_m, cells.position_m[cell], cells.up[cell], place_m, power=power
            )
        receive[of_satellite] = heard
    return flux * receive, flux


def play(beams, step, server, *, beams_per_satellite, load, patterns, rng):
    """Return which beams of a step are alight in each of some hop patterns while the server's is, (patterns, A) bool.

    Nothing elsewhere: each satellite serves those of its cells that ask, as many at a time as it has beams.
    """
    number = int(beams.first[step, beams.satellites[step]])
    alight = np.zeros((patterns, number), bool)
    for k in range(int(beams.satellites[step])):
        first, end = beams.first[step, k], beams.first[step, k + 1]
        asks = rng.random((patterns, end - first)) < load
        order = np.where(asks, rng.random((patterns, end - first)), 2.0)
        if first <= server < end:
            order[:, server - first] = -1.0  # it asks, and it is its turn
        last = np.partition(order, min(beams_per_satellite, end - first) - 1, axis=1)
        highest = last[:, min(beams_per_satellite, end - first) - 1, None]
        alight[:, first:end] = (order <= highest) & (order < 2.0)
    return alight


def unit(vector):
    return vector / np.linalg.norm(vector, axis=-1, keepdims=True)


def c_in_db(level, interference):
    """Return C/(I+N) in dB by C/N and I/N."""
    return to_db(level / (1.0 + interference))
