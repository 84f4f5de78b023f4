"""Write docs/scenarios: a page with a map for each built-in scenario, one page for the Italian regions, and an index.

    python docs/build_scenarios.py [NAME ...]

Each page holds the scenario's text and, between two marks, the figures of a run. NAME: a scenario, or `regions`;
default: all, which takes some minutes.
"""

import argparse
import io
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from d2c.coverage.run import run_coverage
from d2c.output.folder.result_folder import write_result
from d2c.output.reports.phones import ground_text
from d2c.output.reports.summary import summary_report
from d2c.output.reports.times import gap_text, wait_text
from d2c.scenario.load import ITALIAN_REGIONS, read_scenario, scenario_names, scenario_text

FOLDER = Path(__file__).with_name("scenarios")
REGIONS, EXAMPLE = "regions", "sicilia"
BEGIN, END = "<!-- figures: docs/build_scenarios.py -->", "<!-- end of the figures -->"
COLOURS = 256  # of a picture, the most frequent ones: all flat colours exactly, greys for the letters

POSTURES = {
    "everybody, wherever the phone is": ["link.phones=mix"],
    "in a pocket": ["link.phones=in-pocket"],
    "in a car": ["link.phones=in-car"],
    "in a building": ["link.phones=indoors"],
}
LOADED = {"base case, all beams at full load": ["beams.load=1.0"]}
TERMINAL = {
    "terminal, IRIS2 with a stand-in payload": [
        "constellation.system=iris2",
        "link.handset=government-terminal",
        "link.payload=3gpp-set1-leo1200-ka",
    ]
}
WHAT_IF: dict[str, dict[str, list[str]]] = {
    "alert": POSTURES | LOADED,
    "campi-flegrei": POSTURES | LOADED,
    "earthquake-laquila": POSTURES | LOADED,
    "fishing-lampedusa": {"in a pocket": POSTURES["in a pocket"]} | LOADED,
    "flood-emilia-romagna": POSTURES | LOADED,
    "government": {"in a building": POSTURES["in a building"]} | TERMINAL,
}
HEARD_BELOW_MASK = (
    "With beams a phone also camps on those of beam cells nearby, whose satellite is above the mask there and below it "
    "here: so full load may have more availability than the base case. How much the beams carry is not in it."
)
HEAD = (
    "case",
    "service",
    "availability",
    "longest gap",
    "mean wait",
    "people",
    "at once",
    "in 5 min",
    "in 15 min",
    "in 60 min",
)


def page_names() -> tuple[str, ...]:
    """Return the names of all pages."""
    return (*(name for name in scenario_names() if name not in ITALIAN_REGIONS), REGIONS)


def page(name: str, figures_text: str) -> str:
    """Return a page with the given figures, as returned by `figures`."""
    example = EXAMPLE if name == REGIONS else name
    title = "The regions of Italy" if name == REGIONS else read_scenario(name).title
    parts = [f"# {title}", question(scenario_text(example)), f"```console\nd2c run {example}\n```"]
    if name == REGIONS:
        parts.insert(2, f"One scenario each: {', '.join(f'`{key}`' for key in ITALIAN_REGIONS)}.")
    parts += [f"![Map of the first service's availability]({name}.png)", BEGIN, figures_text, END]
    parts += [
        f"The scenario, as `d2c scenario show {example}` prints it:",
        f"```toml\n{scenario_text(example)}```",
    ]
    return "\n\n".join(parts) + "\n"


def figures_of_page(text: str) -> str:
    """Return the figures of a page."""
    return text.partition(BEGIN)[2].partition(END)[0].strip()


def question(text: str) -> str:
    """Return the comment under the title of a scenario, its lines joined; an indented line is kept as a code line."""
    head = text.partition("\n[")[0].splitlines()
    lines = [line.removeprefix("#").removeprefix(" ") for line in head if line.startswith("#")]
    code = [line.strip() for line in lines if line.startswith("  ")]
    words = " ".join(line for line in lines if not line.startswith("  "))
    return words + "".join(f"\n\n    {line}" for line in code)


def figures(name: str, *, picture: Path | None = None) -> str:
    """Return the figures of a scenario and its variants, in Markdown; picture: file for the map of the base case."""
    if name == REGIONS:
        runs = {title: run_summary(key) for key, title in ITALIAN_REGIONS.items()}
        if picture:
            run_summary(EXAMPLE, picture=picture)
    else:
        runs = {"base case": run_summary(name, picture=picture)}
        runs |= {label: run_summary(name, changes) for label, changes in WHAT_IF.get(name, {}).items()}
    return "\n\n".join(figures_sections(runs, WHAT_IF.get(name, {})))


def run_summary(name: str, changes: Iterable[str] = (), *, picture: Path | None = None) -> dict[str, Any]:
    """Run a scenario with overrides and return its summary; picture: file for its map."""
    result = run_coverage(read_scenario(name, overrides=[*changes, "output.formats=['parquet', 'png']"]))
    if picture:
        with TemporaryDirectory() as folder:
            write_result(result, Path(folder) / "result")
            picture_rgb = Image.open(Path(folder) / "result" / "map.png").convert("RGB")
        picture.write_bytes(to_small_png(picture_rgb))
    return summary_report(result)


def to_small_png(picture_rgb: Image.Image) -> bytes:
    """Return a picture as PNG bytes with a palette of at most 256 colours."""
    counted = sorted(picture_rgb.getcolors(picture_rgb.width * picture_rgb.height) or [], reverse=True)
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for _, colour in counted[:COLOURS] for part in colour])
    data = io.BytesIO()
    picture_rgb.quantize(palette=palette, dither=Image.Dither.NONE).save(data, format="png", optimize=True)
    return data.getvalue()


def figures_sections(runs: dict[str, dict[str, Any]], what_if: dict[str, list[str]]) -> Iterable[str]:
    """Yield the sections of the figures: inputs, table, options of the variants, assumptions, effects not modelled."""
    first = next(iter(runs.values()))
    satellites, time, link = first["satellites"], first["scenario"]["time"], first["scenario"]["link"]
    yield (
        f"From {first['start_utc']} to {first['end_utc']}, every {time['step_s']:g} s: "
        f"{satellites['used']} satellites of {satellites['source']} above "
        f"{link['min_elevation_deg']:g} deg, {ground_text(link)}."
    )
    rows = [row(label, service, run) for label, run in runs.items() for service in run["services"]]
    people = [HEAD.index(column) for column in ("people", "at once", "in 5 min", "in 15 min", "in 60 min")]
    uninhabited = all(not run["region"]["population"] for run in runs.values())
    columns = [k for k in range(len(HEAD)) if not (uninhabited and k in people)]
    lines = [HEAD, ["---"] * len(HEAD), *rows]
    yield "\n".join(f"| {' | '.join(line[k] for k in columns)} |" for line in lines)
    if what_if:
        options = (
            f"{label}: {' '.join(f'`--set {c}`' for c in changes)}" for label, changes in what_if.items()
        )
        yield "\n".join(["Options of the other rows:", "", *(f"- {line}" for line in options)])
    if "network" not in first and any("network" in run for run in runs.values()):
        yield HEARD_BELOW_MASK
    warnings = {text for run in runs.values() for text in run["warnings"] if text.startswith("assumed")}
    assumed = {key: text for run in runs.values() for key, text in run["assumptions"].items()}
    bullets = [*sorted(warnings), *(f"{key} = {text}" for key, text in assumed.items())]
    yield "\n".join(["Assumed (not published):", "", *(f"- {text}" for text in bullets)])
    rest = "rain, terrain, and terrestrial networks: coverage is by satellite alone"
    missing = [*first["not_modelled"], rest]
    for label, run in runs.items():
        missing += [f"{label}: {text}" for text in run["not_modelled"] if text not in first["not_modelled"]]
    yield "\n".join(["Not modelled:", "", *(f"- {text}" for text in missing)])


def row(label: str, service: str, run: dict[str, Any]) -> list[str]:
    """Return the table row of a service in a run."""
    figure, region = run["services"][service], run["region"]
    least = "at least " if region["population_is_lower_bound"] else ""
    return [
        label,
        service,
        f"{100 * figure['availability']:.2f} %",
        gap_text(figure, run["scenario"]["time"]["duration_h"]),
        wait_text(figure),
        f"{least}{region['population']:,}",
        *(f"{figure['population_served_within'][f'{wait}min']:,}" for wait in (0, 5, 15, 60)),
    ]


def page_index() -> str:
    """Return the index of all pages."""
    titles = {name: page(name, "").splitlines()[0].removeprefix("# ") for name in page_names()}
    lines = [f"| [`{name}`]({name}.md) | {title} |" for name, title in titles.items()]
    return "\n".join(["# Built-in scenarios", "", "| scenario | title |", "| --- | --- |", *lines]) + "\n"


def main() -> None:
    """Run the named scenarios and write their pages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    names = parser.parse_args().names or page_names()
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "README.md").write_text(page_index(), encoding="utf-8")
    for name in names:
        text = page(name, figures(name, picture=FOLDER / f"{name}.png"))
        (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
