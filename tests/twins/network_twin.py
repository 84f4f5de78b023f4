"""The slow twin of the kernels of beams and interference: plain loops and the budget's own formula."""

import numpy as np

from d2c.link.geometry import look_angles
from d2c.link.service import downlink_c_n_db, uplink_c_n_db
from d2c.link.terminal import beam_loss_db, off_axis_loss_db
from d2c.units import from_db, to_db


def carrier_to_noise_slowly(link, position_m, cells, *, max_scan_deg, mask_deg):
    """Return the downlink C/N at the beam centres of satellites (T, S, 3), (T, S, B); zero where none can be lit."""
    look = look_angles(position_m[:, :, None], handset_m=cells.position_m, up=cells.up)
    lit = (look.elevation_deg >= mask_deg) & (look.off_nadir_deg <= max_scan_deg) & (cells.weight > 0)
    c_n = link.downlink(
        slant_range_m=look.slant_range_m[lit],
        elevation_deg=look.elevation_deg[lit],
        off_nadir_deg=look.off_nadir_deg[lit],
    ).c_n_db
    ratio = np.zeros(lit.shape)
    ratio[lit] = from_db(c_n)
    return ratio


def assign_slowly(ratio, cells, *, beams, handover_db=0.0, isolation_m=0.0, first_rank=0):
    """Return who lights what, (T, B), and the beam cells that found no beam though one could reach them (T, B)."""
    steps, satellites, size = ratio.shape
    server = np.full((steps, size), -1)
    blocked = np.zeros((steps, size), bool)
    waited, before = [0] * size, [-1] * size
    for t in range(steps):
        left = [beams] * satellites
        order = sorted(
            (b for b in range(size) if cells.weight[b] > 0),
            key=lambda b: (-(waited[b] + 1) * cells.weight[b], (cells.rank[b] - first_rank) % size),
        )
        for b in order:
            waited[b] += 1
            reach = [s for s in range(satellites) if ratio[t, s, b] > 0]
            free = [s for s in reach if left[s]]
            near = [
                other
                for other in np.flatnonzero(server[t] >= 0)
                if cells.colour[other] == cells.colour[b]
                and np.linalg.norm(cells.position_m[other] - cells.position_m[b]) < isolation_m
            ]
            if near or not free:
                blocked[t, b] = bool(reach)
                continue
            best = max(free, key=lambda s: ratio[t, s, b])
            if before[b] in free and to_db(ratio[t, best, b] / ratio[t, before[b], b]) <= handover_db:
                best = before[b]
            server[t, b] = best
            left[best] -= 1
            waited[b] = 0
        before = server[t].tolist()
    return server, blocked


def handovers_slowly(server):
    """Return how often each beam cell goes from one satellite straight to another, (B,)."""
    before, after = server[:-1], server[1:]
    return ((before >= 0) & (after >= 0) & (before != after)).sum(axis=0)


def heard_slowly(
    link, position_m, cells, server, ground, *, reuse=1, load=1.0, leak=1.0, full_power=None, mask_deg=25.0
):
    """Return at one step C/(I+N), C/I and the uplink's C/N in dB, NaN without a beam, and the PFD of each frequency.

    position_m (S, 3), server (B,); (G,) three times, and (F, G) in W/m2/MHz. leak: share of a beam's power that a cell
    of the same frequency and the other polarisation hears.
    """
    down = link.payload.downlink
    frequency_hz = down.frequency_mhz.value * 1e6
    c_in, c_i, up = (np.full(len(ground.cell), np.nan) for _ in range(3))
    pfd = np.zeros((reuse, len(ground.cell)))
    for g in range(len(ground.cell)):
        own, others = 0.0, 0.0
        mine = ground.cell[g]
        for b in np.flatnonzero(server >= 0):
            at = position_m[server[b]]
            look = look_angles(at, handset_m=ground.position_m[g], up=ground.up[g])
            if look.elevation_deg <= 0:
                continue
            centre = look_angles(at, handset_m=cells.position_m[b], up=cells.up[b])
            off_axis = angle_deg(ground.position_m[g] - at, cells.position_m[b] - at)
            beam = link.payload.beam
            loss = off_axis_loss_db(beam, off_axis_deg=off_axis, frequency_hz=frequency_hz)
            scan = beam_loss_db(beam, off_nadir_deg=centre.off_nadir_deg, frequency_hz=frequency_hz)
            share = min((full_power or np.inf) / (server == server[b]).sum(), 1.0)
            at_centre = (
                from_db(down.eirp_density_dbw_mhz.value - scan) * share / sphere_m2(centre.slant_range_m)
            )
            if down.pfd_cap_dbw_m2_mhz:
                at_centre = min(at_centre, from_db(down.pfd_cap_dbw_m2_mhz.value))
            flux = at_centre * (centre.slant_range_m / look.slant_range_m) ** 2 * from_db(-loss)
            pfd[cells.colour[b] % reuse, g] += flux
            # what the budget makes of 0 dBW/m2/MHz at this elevation
            budget = link.without_pfd_cap().downlink(
                slant_range_m=look.slant_range_m,
                elevation_deg=max(look.elevation_deg, mask_deg),
                off_nadir_deg=0.0,
            )
            heard = flux * from_db(budget.c_n_db - budget.pfd_dbw_m2_mhz)
            if b == mine and look.elevation_deg >= mask_deg:
                own = heard
                up_budget = link.uplink(
                    slant_range_m=look.slant_range_m,
                    elevation_deg=look.elevation_deg,
                    off_nadir_deg=centre.off_nadir_deg,
                )
                up_hz = link.payload.uplink.frequency_mhz.value * 1e6
                up[g] = up_budget.c_n_db - off_axis_loss_db(beam, off_axis_deg=off_axis, frequency_hz=up_hz)
            elif cells.colour[b] == cells.colour[mine]:
                others += heard
            elif cells.colour[b] % reuse == cells.colour[mine] % reuse:
                others += heard * leak
        if own > 0:
            c_in[g] = to_db(own / (1.0 + load * others))
            c_i[g] = to_db(own / (load * others)) if load * others > 0 else np.inf
    return c_in, c_i, up, pfd


def margins_slowly(services, c_in_db, up_c_n_db, *, noise_rise_db):
    """Return the margins (V, G) over what services require in each direction they need, NaN without a beam."""
    margins = []
    for service in services:
        margin_db = c_in_db - downlink_c_n_db(service)
        if service.uplink:
            margin_db = np.minimum(margin_db, up_c_n_db - noise_rise_db - uplink_c_n_db(service))
        margins.append(margin_db)
    return np.array(margins)


def angle_deg(a, b):
    """Return the angle between two vectors (..., 3)."""
    across = np.linalg.norm(np.cross(a, b), axis=-1)
    return np.degrees(np.arctan2(across, np.sum(a * b, axis=-1)))


def sphere_m2(radius_m):
    return 4 * np.pi * radius_m**2
