"""Write the tables of docs/hindcast.md (published statements replayed) from docs/hindcast.json; takes some minutes."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from hindcast_rules import RULE, STEP_S, Figures, Runs
from marked_tables import replace_between

from d2c.coverage.run import run_coverage
from d2c.orbit.catalogue import find_elements
from d2c.output.reports.summary import summary_report
from d2c.scenario.model import Scenario

PAGE = Path(__file__).with_name("hindcast.md")
DATA = Path(__file__).with_name("hindcast.json")
LIBRARY = (
    "payloads/starlink-d2c.toml",
    "payloads/starlink-d2c-35dbi.toml",
    "handsets/3gpp-handheld.toml",
    "losses/outdoor.toml",
    "losses/tr38821.toml",
    "services/text.toml",
    "phones/hand.toml",
    "phones/mix.toml",
)
ELEMENTS = "starlink-d2c-2026-08"
MODES = ("sky", "filed", "measured")
HOURS, LOAD, CELL_DEG = 24.0, 0.3, 0.5


def data() -> Any:
    """Return the statements and how each is replayed."""
    return json.loads(DATA.read_text(encoding="utf-8"))


def scenario_of(row: Mapping[str, Any], run: Mapping[str, Any], *, area: str, mode: str) -> Scenario:
    """Return the scenario of one place and column: all statements have the same one but for what their row says."""
    replay = row["replay"]
    link: dict[str, Any] = {"services": ["text"], "min_elevation_deg": run.get("mask_deg", 25)}
    chosen: dict[str, Any] = {
        "time": {"duration_h": replay.get("hours", HOURS), "step_s": STEP_S},
        "constellation": data()["constellations"][run["constellation"]],
        "region": {"area": area},
        "grid": {"kind": "latlon", "step_deg": CELL_DEG},
    }
    if "losses" in replay:
        link["losses"] = replay["losses"]
    chosen["network"] = mode != "sky"
    if mode != "sky":
        link |= {"phones": replay["phones"], "environment": "rural", "operating": mode}
        chosen["beams"] = {"load": LOAD}
    return Scenario.model_validate({**chosen, "link": link})


@cache
def _computed(scenario_json: str) -> Figures:
    """Return the figures of one scenario; rows share some."""
    result = run_coverage(Scenario.model_validate_json(scenario_json))
    columns = result.figures
    network = summary_report(result).get("network") or {}
    return Figures(
        within=tuple(result.waiting.shares()[0, :, 0]),
        longest_gap_s=float(columns["text_longest_gap_s"].max()),
        mean_wait_s=float(columns["text_mean_wait_s"].mean()),
        visible=float(columns["visible_fraction"].mean()),
        least_visible=float(columns["visible_fraction"].min()),
        c_in_db=float(network.get("c_in_p50_db", columns["c_n_p50_db"].mean())),
        beam_mbps=network.get("mbps_per_beam_mean"),
    )


def pooled(places: list[Figures]) -> Figures:
    """Return the figures of several places together, each with the same weight."""

    def mean(values: Iterable[Any]) -> Any:
        return np.mean(list(values), axis=0)

    rates = [p.beam_mbps for p in places if p.beam_mbps is not None]
    return Figures(
        within=tuple(mean(p.within for p in places)),
        longest_gap_s=max(p.longest_gap_s for p in places),
        mean_wait_s=float(mean(p.mean_wait_s for p in places)),
        visible=float(mean(p.visible for p in places)),
        least_visible=min(p.least_visible for p in places),
        c_in_db=float(mean(p.c_in_db for p in places)),
        beam_mbps=float(mean(rates)) if rates else None,
    )


def replay(row: Mapping[str, Any], mode: str) -> Runs:
    """Return the figures of each run of a row in one column."""
    return {
        name: pooled(
            [
                _computed(scenario_of(row, run, area=area, mode=mode).model_dump_json())
                for area in run["areas"]
            ]
        )
        for name, run in row["replay"]["runs"].items()
    }


def table_line(row: Mapping[str, Any]) -> str:
    """Run a row in each of its columns and return its line of the table."""
    modes = MODES[:1] if row["replay"].get("geometry") else MODES
    answers = [RULE[row["id"]](replay(row, mode)) for mode in modes]
    cells = [f"{text}: **{'agrees' if agrees else 'disagrees'}**" for text, agrees in answers]
    cells += ["geometry alone"] * (len(MODES) - len(modes))
    first = f"`{row['id']}` {row['date']}: {row['replay']['short']}"
    return f"| {first} | {row['agrees_if']} | {' | '.join(cells)} |"


def readings_table() -> str:
    """Return how the words of rules without a number are read."""
    rows = [
        f"| `{row['id']}` | {row['replay']['reading']} |"
        for row in data()["rows"]
        if "reading" in row["replay"]
    ]
    return "\n".join(["| statement | reading |", "|---|---|", *rows])


def inputs_table() -> str:
    """Return the hashes of what the tables depend on, beside the program itself."""
    library = resources.files("d2c.library.data")
    content = {f"docs/{DATA.name}": DATA.read_bytes()}
    content |= {name: library.joinpath(name).read_bytes() for name in LIBRARY}
    content[f"tles/{ELEMENTS}.tle"] = find_elements(ELEMENTS).read_bytes()
    rows = [f"| `{name}` | `{hashlib.sha256(text).hexdigest()}` |" for name, text in content.items()]
    return "\n".join(["| input | SHA-256 |", "|---|---|", *rows])


def tables() -> dict[str, str]:
    """Run all rows and return the tables by the names of their marks."""
    header = "| statement | agrees if | sky alone | `filed` | `measured` |\n|---|---|---|---|---|"
    return {
        "rows": "\n".join([header, *(table_line(row) for row in data()["rows"])]),
        "readings": readings_table(),
        "inputs": inputs_table(),
    }


def marks(name: str) -> tuple[str, str]:
    """Return the marks before and after a table."""
    return f"<!-- table {name}: docs/build_hindcast.py -->", f"<!-- end of table {name} -->"


def page(text: str, tables_by_name: Mapping[str, str]) -> str:
    """Return the page with these tables."""
    for name, table in tables_by_name.items():
        text = replace_between(text, *marks(name), table)
    return text


if __name__ == "__main__":
    made = tables()
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), made), encoding="utf-8")
