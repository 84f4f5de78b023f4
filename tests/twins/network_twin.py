"""The slow twin of the kernels of a network: plain numpy, the budget's own formula, played hop patterns."""

import numpy as np
from phones_twin import losses_slowly

from d2c.coverage.kernels._network_server import chance_beside
from d2c.link.geometry import look_angles
from d2c.link.rate import efficiency_bit_symbol
from d2c.link.reference_signal import rsrp_dbm
from d2c.link.service import downlink_c_n_db, uplink_c_n_db
from d2c.link.terminal import beam_loss_db, off_axis_loss_db
from d2c.units import from_db, to_db


def elevation_shares(position_m, places_m, up, *, mask_deg, max_scan_deg):
    """Return elevation / 90 deg of satellites (S, 3) at places (D, 3), NaN where they may not serve, (D, S)."""
    look = look_angles(position_m[None], handset_m=places_m[:, None], up=up[:, None])
    served = (look.elevation_deg >= mask_deg) & (look.off_nadir_deg <= max_scan_deg)
    return np.where(served, look.elevation_deg / 90.0, np.nan)


def outside_slowly(share, weight, *, soft=0.05):
    """Return what falls to each satellite (S,) of places (D, S), each chosen by its elevation."""
    chosen = np.exp(np.nan_to_num(share, nan=-np.inf) / soft)
    return (weight[:, None] * chosen / np.maximum(chosen.sum(axis=1, keepdims=True), 1e-300)).sum(axis=0)


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


def relative_gain(link, satellite_m, aim_m, place_m, *, direction="downlink"):
    """Return the gain of a beam at a place against its gain at the place it aims at, scan loss included in both."""
    beam = link.payload.beam
    frequency_hz = getattr(link.payload, direction).frequency_mhz.value * 1e6
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
    centre = from_db(down.density_dbw_mhz - scan) * power / (4 * np.pi * look.slant_range_m**2)
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


def uplink_slowly(link, satellite_m, aim_m, aim_up, place_m, up, *, noise_rise_db):
    """Return the uplink's C/N at the beam that is aimed at a cell, from a place beside it, as a ratio."""
    aim = look_angles(satellite_m, handset_m=aim_m, up=aim_up)
    look = look_angles(satellite_m, handset_m=place_m, up=up)
    budget = link.uplink(
        slant_range_m=look.slant_range_m, elevation_deg=look.elevation_deg, off_nadir_deg=aim.off_nadir_deg
    )
    beside = relative_gain(link, satellite_m, aim_m[None], place_m, direction="uplink")[0]
    return float(from_db(budget.c_n_db - noise_rise_db) * beside)


def cells_around(case, g):
    """Return the beam cells around a ground cell, by its number in the tiles; -1 for none."""
    return case.inputs.beams.candidates[case.network.cells.order[g]]


def phones_at(case, beams, step, g, place_m, up):
    """Return what the K phones of a ground cell keep of each beam's power by posture and on the path, both (K, A)."""
    ground, phones = case.network.ground, case.inputs.phones
    of_satellite = []
    for k in range(int(beams.satellites[step])):
        satellite_m = case.position_m[step, beams.satellite[step, k]]
        lost = losses_slowly(phones, ground.variant[g], ground.turn[g], satellite_m, place_m, up)
        of_satellite.append([from_db(-loss_db) for loss_db in lost])
    number = int(beams.first[step, beams.satellites[step]])
    of_beam = np.array(of_satellite)[beams.serving[step, :number]]
    return of_beam[:, 0].T, of_beam[:, 1].T


def interference_beside(case, beams, step, server, level):
    """Return the mean interference over noise of each beam (A,) to a phone while the server is alight.

    level (A,): C/N of the beams at the phone. Beams of another frequency, and those that are never alight with the
    server, are not heard; of the other polarisation what its isolation leaves.
    """
    setup, plan, cell = case.scenario.beams, case.inputs.beams, beams.cell[step, : len(level)]
    colour = plan.colour[cell]
    one, other = np.divmod(colour, setup.reuse), np.divmod(colour[server], setup.reuse)
    leak = np.where(one[0] == other[0], 1.0, from_db(-setup.cross_polarisation_db))
    heard = np.where(one[1] == other[1], leak, 0.0)
    if setup.isolation_km:
        apart_m = np.linalg.norm(
            plan.lattice.position_m[cell] - plan.lattice.position_m[cell[server]], axis=1
        )
        heard[(apart_m < setup.isolation_km * 1e3) & (colour == colour[server])] = 0.0
    beside = np.array([chance_beside.py_func(beams, step, server, i) for i in range(len(level))])
    beside[server] = 0.0
    return beside * heard * level


def margins_of_phones_slowly(case, beams, step, g, held):
    """Return the margins of the phones of a ground cell in its centre, (V, K), NaN without a beam to camp on.

    held: the mean interference over noise of all beams but those around, to a phone that loses nothing by its posture.
    """
    network, link, setup = case.network, case.inputs.link, case.scenario.beams
    place_m, up = network.ground.centre_m[:, g], network.ground.centre_up[:, g]
    open_level, _ = levels_slowly(case, beams, step, place_m, up)
    cell = beams.cell[step, : len(open_level)]
    around = np.isin(cell, cells_around(case, g)) & (beams.lit[step, : len(open_level)] > 0)
    by_posture, on_path = phones_at(case, beams, step, g, place_m, up)
    services = list(case.inputs.services.values())
    margins = np.full((len(services), len(by_posture)), np.nan)
    activity = (2 + 10 * setup.load) / 12
    for k in range(len(by_posture)):
        gain = by_posture[k] * on_path[k]
        level = np.where(around, open_level * gain, 0.0)
        server = int(level.argmax())
        total = held * by_posture[k, server] + interference_beside(case, beams, step, server, level).sum()
        if rsrp_dbm(link.handset, c_n_db=to_db(max(level[server], 1e-30))) < -128:
            continue
        if c_in_db(level[server], total) < -6:
            continue
        down_db = c_in_db(level[server], activity * total)
        satellite_m = case.position_m[step, beams.satellite[step, beams.serving[step, server]]]
        aim = network.association.cells
        at = cell[server]
        up_ratio = uplink_slowly(
            link, satellite_m, aim.position_m[at], aim.up[at], place_m, up, noise_rise_db=setup.noise_rise_db
        )
        up_db = to_db(up_ratio * gain[server])
        # without demand there is signalling only, which carries a message too
        share = float(beams.share[step, server]) or float(beams.lit[step, server])
        users = max(case.inputs.beams.population[at] * setup.active_share, 1.0)
        for v, service in enumerate(services):
            margins[v, k] = margin_slowly(link, setup, service, down_db, up_db, share=share, users=users)
    return margins


def margin_slowly(link, setup, service, down_db, up_db, *, share, users):
    """Return the margin of a service: of both levels, and of what its user gets of the beam's time."""
    margin = min(down_db - downlink_c_n_db(service), up_db - uplink_c_n_db(service))
    users = users if service.uplink else 1.0  # a broadcast is sent once for all
    for requirement, level_db, bandwidth_mhz, part, hops in (
        (
            service.downlink,
            down_db,
            link.payload.downlink.bandwidth_mhz.value / setup.reuse,
            share / users,
            True,
        ),
        (service.uplink, up_db, link.payload.uplink.bandwidth_mhz.value, share, setup.receive == "hopping"),
    ):
        if requirement is None or not hops:
            continue
        times = requirement.repetitions.value if requirement.repetitions else 1.0
        bits = efficiency_bit_symbol(c_n_db=level_db + to_db(times)) * bandwidth_mhz * 1e6 * 14 / 15 * 0.86
        needed = requirement.bit_rate_kbps.value * 1e3 * times
        margin = min(margin, to_db(max(bits * part / needed, 1e-100)))
    return margin


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
