"""Explanation of a cell under a network of beams at one instant: serving beam and interferers, as JSON and text."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from d2c.analysis.explain_network.cell import NetworkCell
from d2c.analysis.explain_network.instant import NetworkInstant, ServingBeam
from d2c.coverage.inputs import Inputs
from d2c.coverage.network.association import HEARD_ABOVE_DEG
from d2c.coverage.network.levels import LEAST_C_IN_DB, LEAST_RSRP_DBM
from d2c.link.reference_signal import resource_element_activity, rsrp_dbm, rsrq_db
from d2c.local_time import shown_instant
from d2c.units import to_db
from d2c.utc import utc_text

_INTERFERERS = 8
_INTERFERER = "    {:<12} {:<28} {:>10} {:>11} {:>10} {:>12}  {}"


def network_report(cell: NetworkCell, now: NetworkInstant, inputs: Inputs) -> dict[str, Any]:
    """Return the serving beam at an instant, its strongest interferers and the services; the beam is None without one.

    Levels are those in the centre of the cell. Services are computed with the mean interference of the level step
    before, as in the run.
    """
    step = np.timedelta64(cell.scenario.time.step_us, "us")
    report: dict[str, Any] = {
        "serving_beam": None,
        "camps": False,
        "needs": {"rsrp_dbm": LEAST_RSRP_DBM, "c_in_db": LEAST_C_IN_DB},
        "heard_above_deg": min(cell.association.min_elevation_deg, HEARD_ABOVE_DEG),
        "load": cell.plan.beams.load,
        "activity": resource_element_activity(cell.plan.beams.load),
        "interference": None,
        "interferers": [],
        "sampled": None,
        "margin_db": dict.fromkeys(cell.services),
    }
    server = now.server
    if server is None:
        return report
    level_db = float(now.levels.c_n_db[server.index])
    mean = server.interference.mean
    return report | {
        "serving_beam": _serving_beam(cell, now, server, inputs),
        "camps": server.camped,
        "interference": {
            "mean_over_noise_db": _db(mean),
            "of_mean_elsewhere": server.interference.elsewhere / mean if mean > 0 else 0.0,
            "c_in_db": level_db - float(to_db(1.0 + mean)),
        },
        "interferers": list(_interferers(cell, now, server, inputs)),
        "sampled": {
            "utc": utc_text(inputs.start + now.level_sample * step),
            "mean_over_noise_db": _db(server.sampled),
            "c_in_db": server.data_c_in_db,
            "rsrq_db": float(rsrq_db(server.data_c_in_db, load=cell.plan.beams.load)),
        },
        "margin_db": {
            name: float(margin) if server.camped else None
            for name, margin in zip(cell.services, server.margin_db, strict=True)
        },
    }


def _serving_beam(
    cell: NetworkCell, now: NetworkInstant, server: ServingBeam, inputs: Inputs
) -> dict[str, Any]:
    beams, levels, index = now.beams, now.levels, server.index
    pair, level_db = beams.pair[index], float(levels.c_n_db[index])
    centre_m = cell.plan.lattice.position_m[beams.cell[index]]
    return {
        **_beam(cell, now, index, inputs),
        "elevation_deg": float(levels.look.elevation_deg[pair]),
        "slant_range_m": float(levels.look.slant_range_m[pair]),
        "off_nadir_deg": float(levels.look.off_nadir_deg[pair]),
        "from_centre_km": float(np.linalg.norm(centre_m - cell.centre_m)) / 1e3,
        "rsrp_dbm": float(rsrp_dbm(cell.link.handset, c_n_db=level_db)),
        "c_n_db": level_db,
        "steered_c_n_db": float(levels.steered_db[pair]),
        "off_axis_loss_db": float(levels.off_axis_loss_db[index]),
        "back_off_db": float(levels.power_loss_db[index]),
        "uplink_c_n_db": (
            server.uplink_db - cell.plan.beams.noise_rise_db if np.isfinite(server.uplink_db) else None
        ),
        "share": float(beams.share[index]),
        "alight": float(beams.lit[index]),
        "satellite_beams_alight": float(beams.alight[pair]),
    }


def _interferers(
    cell: NetworkCell, now: NetworkInstant, server: ServingBeam, inputs: Inputs
) -> Iterator[dict[str, Any]]:
    """Yield the beams that are strongest while alight."""
    interference, beams = server.interference, now.beams
    strongest = np.argsort(-interference.level, kind="stable")[:_INTERFERERS]
    for index in strongest[interference.level[strongest] > 0].tolist():
        level, chance = float(interference.level[index]), float(interference.chance[index])
        yield {
            **_beam(cell, now, index, inputs),
            "elevation_deg": float(now.levels.look.elevation_deg[beams.pair[index]]),
            "c_i_db": float(now.levels.c_n_db[server.index] - to_db(level)),
            "chance": chance,
            "of_mean": chance * level / interference.mean if interference.mean > 0 else 0.0,
            "same_satellite": bool(beams.pair[index] == beams.pair[server.index]),
        }


def _beam(cell: NetworkCell, now: NetworkInstant, index: int, inputs: Inputs) -> dict[str, Any]:
    satellite = int(now.beams.satellite[now.beams.pair[index]])
    i, j = cell.plan.lattice.ij[now.beams.cell[index]].tolist()
    return {
        "beam_cell_id": f"i{i}j{j}",
        "satellite": inputs.constellation.name[satellite],
        "norad_id": int(inputs.constellation.norad_id[satellite]),
    }


def _db(ratio: float) -> float | None:
    return float(to_db(ratio)) if ratio > 0 else None


def network_lines(network: Mapping[str, Any]) -> Iterator[str]:
    """Yield the explanation of an instant under a network of beams as lines of text."""
    beam = network["serving_beam"]
    if beam is None:
        yield f"  no beam is heard above {network['heard_above_deg']:g} deg"
        return
    yield (
        f"  serving beam {beam['beam_cell_id']} of {beam['satellite']}, elevation {beam['elevation_deg']:.2f} deg, "
        f"range {beam['slant_range_m'] / 1e3:.1f} km, its centre {beam['from_centre_km']:.1f} km away"
    )
    yield (
        f"    RSRP {beam['rsrp_dbm']:.2f} dBm; C/N {beam['c_n_db']:.2f} dB = {beam['steered_c_n_db']:.2f} dB steered "
        f"here at full power, less {beam['back_off_db']:.2f} dB back-off and {beam['off_axis_loss_db']:.2f} dB off axis"
    )
    yield (
        f"    hop share {_percent(beam['share'])} of the time while the cell asks, alight "
        f"{_percent(beam['alight'])} of the time; {beam['satellite_beams_alight']:.1f} beams of the satellite alight"
    )
    yield from _interferer_lines(network)
    yield from _service_lines(network)


def _interferer_lines(network: Mapping[str, Any]) -> Iterator[str]:
    if not network["interferers"]:
        yield "  no interference"
        return
    yield "  strongest interferers (C/I of each alone, its chance to be alight while the serving beam is)"
    yield _INTERFERER.format(
        "beam cell", "satellite", "elevation", "C/I", "chance", "of the mean", ""
    ).rstrip()
    for beam in network["interferers"]:
        yield _INTERFERER.format(
            beam["beam_cell_id"],
            beam["satellite"],
            f"{beam['elevation_deg']:.2f} deg",
            f"{beam['c_i_db']:.2f} dB",
            _percent(beam["chance"]),
            _percent(beam["of_mean"]),
            "same satellite" if beam["same_satellite"] else "another satellite",
        )
    interference = network["interference"]
    yield (
        f"    all beams: mean interference {_db_text(interference['mean_over_noise_db'])} over noise, "
        f"{_percent(interference['of_mean_elsewhere'])} of it from beams outside the beam cells; C/(I+N) at the mean "
        f"{interference['c_in_db']:.2f} dB"
    )


def _service_lines(network: Mapping[str, Any]) -> Iterator[str]:
    sampled = network["sampled"]
    yield (
        f"  services, with the mean interference sampled in the cell at {shown_instant(sampled['utc'])}, "
        f"{_db_text(sampled['mean_over_noise_db'])} over noise,"
    )
    yield (
        f"    and interferers that send {_percent(network['activity'])} of their resource elements: C/(I+N) "
        f"{sampled['c_in_db']:.2f} dB, RSRQ {sampled['rsrq_db']:.2f} dB"
    )
    if not network["camps"]:
        needs = network["needs"]
        yield (
            f"    no phone camps on this beam: it needs an RSRP of {needs['rsrp_dbm']:g} dBm and a C/(I+N) of "
            f"{needs['c_in_db']:g} dB with all interferers sending"
        )
        return
    margins = ", ".join(f"{name} {margin:.2f} dB" for name, margin in network["margin_db"].items())
    yield f"    margins: {margins}"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _db_text(level_db: float | None) -> str:
    return "none" if level_db is None else f"{level_db:.2f} dB"
