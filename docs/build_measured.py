"""Write the tables of docs/measured.md (model against measurements), each between its two marks; takes some minutes."""

from pathlib import Path
from typing import Any

from marked_tables import replace_between

from d2c.analysis.sensitivity import (
    Sensitivity,
    VariationResult,
    assumed_parameters,
    value_of,
    value_text,
    variations,
    vary,
)
from d2c.coverage.run import run_coverage
from d2c.library import models
from d2c.link.rate import efficiency_bit_symbol, useful_symbols_per_s
from d2c.output.reports.sensitivity import figure_text, sensitivity_figures
from d2c.output.reports.summary import summary_report
from d2c.scenario.load import read_scenario
from d2c.scenario.model import Scenario

PAGE = Path(__file__).with_name("measured.md")
SCENARIO, CHANNEL_MHZ, HOURS, SHORT_H = "italy-loaded", 5.0, 12.0, 2.0
AS_MEASURED = "link.operating=measured"
LOADS = (1.0, 0.3, 0.1)
USA_BOX = "-124,30,-75,48"
# arXiv 2506.00283; None: not given in the parts available to us
MEASURED: dict[str, str | None] = {
    "RSRP, dBm: median": "-121",
    "RSRQ, dB: median": "-9",
    "C/(I+N), dB: median": "about 0",
    "C/(I+N), dB: quartiles": None,
    "bit/s/Hz of the channel: median": "0.64",
    "bit/s/Hz of the channel: quartiles": None,
    "bit/s/Hz of the channel: mean": "0.79",
    "bit/s/Hz of the channel at 0 dB": "0.64, if both medians are of the same samples",
    "Mbit/s of a beam: quartiles": None,
    "Mbit/s of a beam: mean": "about 4 (versions 2 to 5), about 3 (from 6 on)",
    "Mbit/s of a beam: one in a thousand": "17 (peak)",
    "phones and time with a beam to camp on": None,
}
MEASURED_DB = 0.0
_FIGURES = ("beam_mbps", "camping", "text_availability", "voice_availability")


def per_hz(scenario: Scenario) -> float:
    """Return the bit/s per hertz of the whole channel for one bit per symbol."""
    occupied_mhz = models.read_payload(scenario.link.payload).downlink.bandwidth_mhz.value
    return useful_symbols_per_s(occupied_mhz) / CHANNEL_MHZ


def tables() -> dict[str, str]:
    """Run the model and return the tables by the names of their marks."""
    short = read_scenario(SCENARIO, overrides=[f"time.duration_h={SHORT_H}", AS_MEASURED])
    results = vary(
        short,
        variations(assumed_parameters(short)),
        lambda scenario, _: sensitivity_figures(run_coverage(scenario)),
    )
    return {
        "beside": _comparison_table(),
        "others": _sensitivity_table(short, results),
        "wide": _wide_area_table(),
    }


def page(text: str, tables_by_name: dict[str, str]) -> str:
    """Return the page with these tables."""
    for name, table in tables_by_name.items():
        text = replace_between(text, *marks(name), table)
    return text


def marks(name: str) -> tuple[str, str]:
    """Return the marks before and after a table."""
    return f"<!-- table {name}: docs/build_measured.py -->", f"<!-- end of table {name} -->"


def _comparison_table() -> str:
    points = [
        ("as filed", ["link.operating=filed"]),
        *((f"measured, load {load:g}", [AS_MEASURED, f"beams.load={load}"]) for load in LOADS),
    ]
    columns = []
    for _, overrides in points:
        scenario = read_scenario(SCENARIO, overrides=[f"time.duration_h={HOURS}", *overrides])
        network = summary_report(run_coverage(scenario))["network"]
        columns.append(_model_figures(network, factor=per_hz(scenario)))
    rows = [
        f"| {name} | {measured or 'not available'} | {' | '.join(column[name] for column in columns)} |"
        for name, measured in MEASURED.items()
    ]
    header = f"| quantity | measured | {' | '.join(name for name, _ in points)} |"
    return "\n".join([header, "|---" * (2 + len(points)) + "|", *rows])


def _model_figures(network: dict[str, Any], *, factor: float) -> dict[str, str]:
    efficiency = {
        key: factor * network[f"efficiency_{key}_bit_symbol"] for key in ("p25", "p50", "p75", "mean")
    }
    at_zero = factor * float(efficiency_bit_symbol(c_n_db=0.0))
    values = (
        f"{network['rsrp_p50_dbm']:.1f}",
        f"{network['rsrq_p50_db']:.1f}",
        f"{network['c_in_p50_db']:.1f}",
        f"{network['c_in_p25_db']:.1f} and {network['c_in_p75_db']:.1f}",
        f"{efficiency['p50']:.2f}",
        f"{efficiency['p25']:.2f} and {efficiency['p75']:.2f}",
        f"{efficiency['mean']:.2f}",
        f"{at_zero:.2f}",
        f"{CHANNEL_MHZ * efficiency['p25']:.1f} and {CHANNEL_MHZ * efficiency['p75']:.1f}",
        f"{network['mbps_per_beam_mean']:.1f}",
        f"{network['mbps_per_beam_p999']:.1f}",
        f"{100 * network['camping']:.0f} %",
    )
    return dict(zip(MEASURED, values, strict=True))


def _sensitivity_table(scenario: Scenario, results: Sensitivity) -> str:
    rows = [_row("base case", "", results.baseline)]
    for name in results.by_swing(results.baseline):
        base_value = value_text(value_of(scenario, name))
        rows += [_value_row(outcome) for outcome in results.of(name) if outcome.variation.value != base_value]
    header = "| parameter | value | median C/(I+N), dB | Mbit/s of a beam | camping, % | text, % | voice, % |"
    return "\n".join([header, "|---|---:|---:|---:|---:|---:|---:|", *rows])


def _value_row(outcome: VariationResult) -> str:
    return _row(f"`{outcome.variation.name}`", outcome.variation.value, outcome.figures)


def _row(name: str, value: str, figures: Any) -> str:
    cells = (
        f"{figures['c_in_p50_db']:.1f}",
        *(figure_text(key, figures[key]) for key in _FIGURES),
    )
    return f"| {name} | {value} | {' | '.join(cells)} |"


def _wide_area_table() -> str:
    rows = []
    for beams in (16, 48):
        scenario = read_scenario(
            SCENARIO,
            overrides=[
                AS_MEASURED,
                f"time.duration_h={SHORT_H}",
                f"region.area='{USA_BOX}'",
                "grid.resolution=4",
                f"beams.beams_per_satellite={beams}",
            ],
        )
        network = summary_report(run_coverage(scenario))["network"]
        cells = (
            beams,
            network["c_in_p50_db"],
            network["mbps_per_beam_mean"],
            100 * network["duty_mean"],
        )
        rows.append("| {} | {:.1f} | {:.1f} | {:.1f} |".format(*cells))
    header = (
        "| beams of a satellite | median C/(I+N), dB | Mbit/s of a beam | hop share of a cell that asks, % |"
    )
    return "\n".join([header, "|---:|---:|---:|---:|", *rows])


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), tables()), encoding="utf-8")
