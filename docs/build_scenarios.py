"""Write docs/scenarios: a page with a map for every built-in scenario, one for those of the regions, and their list.

    python docs/build_scenarios.py [NAME ...]

Each page is the scenario's own text, and between two marks what a run of it found. NAME: a scenario, or `regions`;
without one all are run, which takes some minutes.
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
from d2c.output.reports.summary import summary
from d2c.scenario.load import ITALIAN_REGIONS, read_scenario, scenario_names, scenario_text

FOLDER = Path(__file__).with_name("scenarios")
REGIONS, EXAMPLE = "regions", "sicilia"
BEGIN, END = "<!-- figures: docs/build_scenarios.py -->", "<!-- end of the figures -->"
COLOURS = (
    256  # of the pictures here, the most frequent ones: all flat colours exactly, and greys for the letters
)

POSTURES = {
    "in a pocket": ["link.losses=pocket"],
    "in a car": ["link.losses=car"],
    "in a building": ["link.losses=indoor"],
}
LOADED = {"as asked, every beam busy": ["beams.load=1.0"]}
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
HEAD = (
    "where",
    "service",
    "availability",
    "area with 99 %",
    "longest gap",
    "mean wait",
    "people",
    "in 5 min",
    "in 15 min",
    "in 60 min",
)


def page_names() -> tuple[str, ...]:
    """Return the names of all pages."""
    return (*(name for name in scenario_names() if name not in ITALIAN_REGIONS), REGIONS)


def page(name: str, found: str) -> str:
    """Return a page, with the figures of a run as they came out of `figures`."""
    shown = EXAMPLE if name == REGIONS else name
    title = "The regions of Italy" if name == REGIONS else read_scenario(name).title
    parts = [f"# {title}", question(scenario_text(shown)), f"```console\nd2c run {shown}\n```"]
    if name == REGIONS:
        parts.insert(2, f"One scenario each: {', '.join(f'`{key}`' for key in ITALIAN_REGIONS)}.")
    parts += [f"![Map of the first service's availability]({name}.png)", BEGIN, found, END]
    parts += [
        f"The scenario, as `d2c scenario show {shown}` prints it:",
        f"```toml\n{scenario_text(shown)}```",
    ]
    return "\n\n".join(parts) + "\n"


def found_in(text: str) -> str:
    """Return the figures of a page."""
    return text.partition(BEGIN)[2].partition(END)[0].strip()


def question(text: str) -> str:
    """Return the comment under the title of a scenario, its lines joined; an indented one stays a line of its own."""
    head = text.partition("\n[")[0].splitlines()
    lines = [line.removeprefix("#").removeprefix(" ") for line in head if line.startswith("#")]
    code = [line.strip() for line in lines if line.startswith("  ")]
    words = " ".join(line for line in lines if not line.startswith("  "))
    return words + "".join(f"\n\n    {line}" for line in code)


def figures(name: str, *, picture: Path | None = None) -> str:
    """Return what runs of a scenario and its what-ifs found, in Markdown; picture: where the map goes."""
    if name == REGIONS:
        runs = {title: found_by(key) for key, title in ITALIAN_REGIONS.items()}
        if picture:
            found_by(EXAMPLE, picture=picture)
    else:
        runs = {"as asked": found_by(name, picture=picture)}
        runs |= {label: found_by(name, changes) for label, changes in WHAT_IF.get(name, {}).items()}
    return "\n\n".join(told(runs, WHAT_IF.get(name, {})))


def found_by(name: str, changes: Iterable[str] = (), *, picture: Path | None = None) -> dict[str, Any]:
    """Return the summary of a run."""
    result = run_coverage(read_scenario(name, overrides=[*changes, "output.formats=['parquet', 'png']"]))
    if picture:
        with TemporaryDirectory() as folder:
            write_result(result, Path(folder) / "result")
            drawn = Image.open(Path(folder) / "result" / "map.png").convert("RGB")
        picture.write_bytes(small(drawn))
    return summary(result)


def small(drawn: Image.Image) -> bytes:
    """Return a picture as a PNG of few colours."""
    counted = sorted(drawn.getcolors(drawn.width * drawn.height) or [], reverse=True)
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for _, colour in counted[:COLOURS] for part in colour])
    data = io.BytesIO()
    drawn.quantize(palette=palette, dither=Image.Dither.NONE).save(data, format="png", optimize=True)
    return data.getvalue()


def told(runs: dict[str, dict[str, Any]], what_if: dict[str, list[str]]) -> Iterable[str]:
    """Yield the parts of the figures: what ran, the table, what is assumed and what is not modelled."""
    first = next(iter(runs.values()))
    satellites, time, link = first["satellites"], first["scenario"]["time"], first["scenario"]["link"]
    yield (
        f"From {first['start_utc']} to {first['end_utc']}, every {time['step_s']:g} s: "
        f"{satellites['used']} satellites of {satellites['source']} above "
        f"{link['min_elevation_deg']:g} deg, handset `{link['handset']}`, losses `{link['losses']}`."
    )
    rows = [row(label, service, found) for label, found in runs.items() for service in found["services"]]
    people = [HEAD.index(column) for column in ("people", "in 5 min", "in 15 min", "in 60 min")]
    nobody = all(not found["region"]["population"] for found in runs.values())
    kept = [k for k in range(len(HEAD)) if not (nobody and k in people)]
    lines = [HEAD, ["---"] * len(HEAD), *rows]
    yield "\n".join(f"| {' | '.join(line[k] for k in kept)} |" for line in lines)
    if what_if:
        asked = (
            f"{label}: {' '.join(f'`--set {c}`' for c in changes)}" for label, changes in what_if.items()
        )
        yield "\n".join(["How the other rows were asked for:", "", *(f"- {line}" for line in asked)])
    warnings = {text for found in runs.values() for text in found["warnings"] if text.startswith("assumed")}
    assumed = {key: text for found in runs.values() for key, text in found["assumptions"].items()}
    bullets = [*sorted(warnings), *(f"{key} = {text}" for key, text in assumed.items())]
    yield "\n".join(["Assumed, as nobody publishes it:", "", *(f"- {text}" for text in bullets)])
    rest = "rain, terrain, and networks on the ground: nobody is served but by satellite"
    missing = [*first["not_modelled"], rest]
    for label, found in runs.items():
        missing += [f"{label}: {text}" for text in found["not_modelled"] if text not in first["not_modelled"]]
    yield "\n".join(["Not modelled:", "", *(f"- {text}" for text in missing)])


def row(label: str, service: str, found: dict[str, Any]) -> list[str]:
    """Return a line of the table."""
    figure, region = found["services"][service], found["region"]
    least = "at least " if region["population_is_lower_bound"] else ""
    return [
        label,
        service,
        f"{100 * figure['availability']:.2f} %",
        f"{100 * figure['area_share_available']['0.99']:.1f} %",
        f"{figure['longest_gap_s'] / 60:.1f} min",
        f"{figure['mean_wait_s']:.1f} s",
        f"{least}{region['population']:,}",
        *(f"{figure['population_served_within'][f'{wait}min']:,}" for wait in (5, 15, 60)),
    ]


def listed() -> str:
    """Return the list of all pages."""
    titles = {name: page(name, "").splitlines()[0].removeprefix("# ") for name in page_names()}
    lines = [f"| [`{name}`]({name}.md) | {title} |" for name, title in titles.items()]
    return "\n".join(["# Built-in scenarios", "", "| scenario | title |", "| --- | --- |", *lines]) + "\n"


def main() -> None:
    """Run what is asked for and write its pages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    names = parser.parse_args().names or page_names()
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "README.md").write_text(listed(), encoding="utf-8")
    for name in names:
        text = page(name, figures(name, picture=FOLDER / f"{name}.png"))
        (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
