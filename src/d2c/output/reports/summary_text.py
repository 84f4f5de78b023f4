"""Summary of a run as terminal text."""

from typing import Any

from d2c.coverage.result import CoverageResult
from d2c.local_time import shown_instant
from d2c.output.format.percent import percent_text
from d2c.output.reports.summary import WAITS_MIN, summary_report
from d2c.output.reports.times import WAIT_NOTE, gap_text, never_text, wait_text

_SERVICE_ROW = "  {:16} {:>12} {:>15} {:>14} {:>10} {:>9}"
_PEOPLE_SHARES = (0.9, 0.99)  # of those, the printed ones
_PEOPLE_ROW = "  {:16}" + " {:>12}" * (1 + len(WAITS_MIN)) + " {:>16}" * len(_PEOPLE_SHARES)


def summary_text(result: CoverageResult) -> str:
    """Return the summary as terminal text."""
    report = summary_report(result)
    satellites, region, sky, link = (
        report["satellites"],
        report["region"],
        report["sky"],
        result.scenario.link,
    )
    span = f"{shown_instant(report['start_utc'])} to {shown_instant(report['end_utc'])}, {result.samples:,} steps"
    used = f"{satellites['used']:,} satellites of {satellites['source']}{_age(satellites)}"
    left_out = f"{satellites['refused']} element sets rejected, {satellites['lost']} satellites decayed"
    visible = f"{percent_text(sky['visible_fraction'], decimals=2)} of area and time"
    visibility = f"a satellite above {link.min_elevation_deg:g} deg: {visible}"
    level = f"{sky['mean_visible']:.2f} on average, C/N {_or_dash(sky['c_n_p50_db'], '.1f')} dB (median)"
    ground = f"{region['cells']:,} cells, {region['area_km2']:,.0f} km2 of {result.scenario.region.area}"
    lines = [
        report["title"],
        f"  {report['headline']}",
        f"  {report['asked']}",
        f"  {span} of {result.scenario.time.step_s:g} s",
        f"  {used}; {left_out}",
        f"  {ground}, {_people(region)}",
        f"  {visibility}; {level}",
        "",
        _SERVICE_ROW.format(
            "service", "availability", "area with 99 %", "longest gap", "mean wait", "margin"
        ),
    ]
    for name, service in report["services"].items():
        row = (
            percent_text(service["availability"], decimals=2),
            percent_text(service["area_share_available"]["0.99"], decimals=2),
            gap_text(service, result.scenario.time.duration_h),
            wait_text(service),
            f"{_or_dash(service['margin_p50_db'], '.1f')} dB",
        )
        lines.append(_SERVICE_ROW.format(name, *row))
    for name, service in report["services"].items():
        if never := never_text(service, result.scenario.time.duration_h):
            lines.append(f"  {name}: the median phone {never}, which its longest gap leaves out")
    lines.append(f"  {WAIT_NOTE}")
    if region["population"]:
        lines += ["", *_people_table(report["services"])]
    if "network" in report:
        lines += ["", *_network_lines(report["network"])]
    lines += ["", *(f"  not modelled: {text}" for text in report["not_modelled"])]
    return "\n".join(lines)


def _people(region: dict[str, Any]) -> str:
    """Return the population of a region as text, from its part of summary.json."""
    least = "at least " if region["population_is_lower_bound"] else ""
    return f"{least}{region['population']:,} people"


def _people_table(services: dict[str, Any]) -> list[str]:
    """Return the table of people served by each service: by wait, and by the availability in their cell."""
    waits = ["at once", *(f"in {wait} min" for wait in WAITS_MIN)]
    shares = [f"in cells of {100 * share:g} %" for share in _PEOPLE_SHARES]
    rows = [
        (
            *service["population_served_within"].values(),
            *(service["population_served_availability"][f"{share:g}"] for share in _PEOPLE_SHARES),
        )
        for service in services.values()
    ]
    return [
        _PEOPLE_ROW.format("people served", *waits, *shares),
        *(
            _PEOPLE_ROW.format(name, *(f"{n:,}" for n in row))
            for name, row in zip(services, rows, strict=True)
        ),
    ]


def _network_lines(network: dict[str, Any]) -> list[str]:
    """Return the network lines of the summary, from its part of summary.json."""
    cells = f"{network['beam_cells']:,} beam cells of {network['beam_cell_radius_km']:,.4g} km radius"
    without = f"{network['unserved_beam_cells_mean']:,.1f} without a satellite"
    alight = f"{network['beams_alight_mean']:,.1f} beams alight over them on average"
    lines = [f"  {cells}, {without}, {alight}"]
    if network["duty_mean"] is not None:
        lines[0] += (
            f"; a cell that asks has a beam {percent_text(network['duty_mean'], decimals=2)} of the time"
        )
    if "c_in_p50_db" not in network:
        return lines
    level_db, bits = (
        [network[f"{name}_p{percent}_{unit}"] for percent in (25, 50, 75)]
        for name, unit in (("c_in", "db"), ("efficiency", "bit_symbol"))
    )
    level = f"C/(I+N) {level_db[1]:.1f} dB (median; quartiles {level_db[0]:.1f} and {level_db[2]:.1f})"
    mean = f"mean {network['efficiency_mean_bit_symbol']:.2f}"
    efficiency = f"{bits[1]:.2f} bit per symbol ({mean}; quartiles {bits[0]:.2f} and {bits[2]:.2f})"
    rate = f"{_or_dash(network['mbps_per_beam_mean'], '.1f')} Mbit/s a beam (mean)"
    camping = f"{percent_text(network['camping'], decimals=1)} of phones and time have a beam to camp on"
    signals = f"RSRP {network['rsrp_p50_dbm']:.1f} dBm and RSRQ {network['rsrq_p50_db']:.1f} dB (medians)"
    return [*lines, f"  {camping}; {signals}", f"  of these {level}, {efficiency}, {rate}"]


def _age(satellites: dict[str, Any]) -> str:
    if "median_age_days" not in satellites:
        return ""
    return f", elements {satellites['median_age_days']:.1f} days old"


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
