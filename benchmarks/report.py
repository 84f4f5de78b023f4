"""Format the results of bench.py as the tables of docs/performance.md and insert them between its marks."""

from pathlib import Path
from typing import Any

from workloads import GROWTH, MID, VARIANTS, WORKLOADS

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"

# float32 operations per satellite and lane, counted by hand: evaluation as server, with 8 per curve; visibility alone
EVALUATE_FLOP, COUNT_FLOP = 40, 15

# Targets on two idle cores: seconds of the kernel, seconds of `d2c run`, gigabytes.
TARGETS = {
    "mid / 648": (0.2, 3, 0.4),
    "mid / 9,000": (1.0, 6, 0.8),
    "big / 648": (2, 5, 0.4),
    "big / 9,000": (8, 15, 1.3),
}
# Start-up targets in seconds.
COMMAND_TARGETS = {"d2c --help": 0.15, "d2c run tiny": 1.2}
NOISE = 1.05  # tolerance of a ratio over its target

PHASES = ("start", "read", "load", "propagate", "kernel", "write", "rest")
NETWORK_PHASES = (
    "start",
    "read",
    "load",
    "propagate",
    "sky",
    "association",
    "levels",
    "services",
    "write",
    "rest",
)

Results = dict[str, Any]
Rows = list[list[str]]


def tables(results: Results) -> str:
    """Return the machine's description and every table that has measurements, as Markdown."""
    parts = {
        "Targets": _targets(results),
        "Whole process": _whole(results),
        "Kernel alone, cells of equal area": _kernel(results),
        "Networks of beams, processor seconds": _networks(results),
        "Commands": _commands(results),
        "Cost of options: kernel alone, mid / 648": _option_costs(results),
        "Growth of the cost, from mid / 648": _growth(results),
    }
    sections = [f"**{title}**\n\n{as_table(rows)}" for title, rows in parts.items() if len(rows) > 1]
    return "\n\n".join([_machine(results), *sections])


def write_between(page: Path, mark: str, text: str) -> None:
    """Replace the text between the two marks of a page: `written by` and `end of` what `mark` writes."""
    begin_mark, end_mark = f"<!-- written by `{mark}` -->", f"<!-- end of what `{mark}` writes -->"
    before, begin, rest = page.read_text(encoding="utf-8").partition(begin_mark)
    _, end, after = rest.partition(end_mark)
    if not (begin and end):
        raise SystemExit(f"{page} needs the lines {begin_mark} and {end_mark}, between which the tables go")
    page.write_text(f"{before}{begin_mark}\n\n{text}\n\n{end_mark}{after}", encoding="utf-8")


def as_table(rows: Rows, *, texts: int = 1) -> str:
    """Return rows of cells as a Markdown table, the first row its header; the first `texts` columns are text."""
    header, *body = rows
    line = "|" + "|".join([*[" --- "] * texts, *[" ---: "] * (len(header) - texts)]) + "|"
    return "\n".join(
        ["| " + " | ".join(header) + " |", line, *("| " + " | ".join(row) + " |" for row in body)]
    )


def state_of(machine: dict[str, Any]) -> str:
    """Return the machine's description and whether it was idle, as sentences."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    idle = machine["load"] < 0.5
    state = (
        "The machine was idle"
        if idle
        else "The machine was shared with other work, so times are upper bounds"
    )
    return (
        f"{machine['cores']} cores ({machine['processor']}, {machine['system']}; {versions}). {state}: "
        f"load {machine['load']:.1f} at the start."
    )


def _machine(results: Results) -> str:
    text = f"Measured {results['measured']}, {results['rounds']} rounds, on {state_of(results['machine'])}"
    if not results["flop_per_s"]:
        return text
    rate = f"{results['flop_per_s'] / 1e9:.0f} GFlop/s on all cores"
    return f"{text} Highest rate of float32 multiply-adds: {rate}."


def _targets(results: Results) -> Rows:
    medians, rows = results["medians"], [["quantity", "target", "measured", ""]]

    def add(quantity: str, target: float, measured: float, unit: str) -> None:
        met = "met" if measured <= target else "**not met**"
        rows.append([quantity, f"{target:g} {unit}", f"{measured:.2f} {unit}", met])

    for name, (kernel_s, seconds, memory_gb) in TARGETS.items():
        if f"whole {name}" in medians:
            whole = medians[f"whole {name}"]
            add(f"{name}: kernel", kernel_s, medians[f"kernel {name}"]["kernel"], "s")
            add(f"{name}: `d2c run`", seconds, whole["total"], "s")
            add(f"{name}: memory", memory_gb, whole["memory_gb"], "GB")
    for command, seconds in COMMAND_TARGETS.items():
        if f"command {command}" in medians:
            add(f"`{command}`", seconds, medians[f"command {command}"]["total"], "s")
    for name, (factor, ratios) in _grown(results).items():
        for cost in ("kernel", "propagate", "`d2c run`"):
            add(f"{name}: {cost}", factor * NOISE, ratios[cost], "times")
        if name == "time x2":
            add(f"{name}: memory", NOISE, ratios["memory"], "times")
    return rows


def _whole(results: Results) -> Rows:
    rows = [["workload", "cells", "steps", "`d2c run` s", *PHASES, "CPU s", "memory GB"]]
    for name, workload in WORKLOADS.items():
        if median := results["medians"].get(f"whole {name}"):
            phases = [f"{median[phase]:.2f}" for phase in PHASES]
            cells = f"{results['sizes'][name]['boxes']:,}"
            rows.append([name, cells, f"{workload.steps:,}", f"{median['total']:.2f}", *phases,
                         f"{median['cpu']:.2f}", f"{median['memory_gb']:.2f}"])  # fmt: skip
    return rows


def _kernel(results: Results) -> Rows:
    rows = [["workload", "cells", "kernel s", "CPU s", "propagate s", "pairs", "evaluated", "visibility only",
             "G pairs/s", "of peak"]]  # fmt: skip
    for name in WORKLOADS:
        if median := results["medians"].get(f"kernel {name}"):
            size, seconds = results["sizes"][name], median["kernel"]
            pairs, evaluated, counted = size["pairs"], size["tried"], size["looked"]
            share = (EVALUATE_FLOP * evaluated + COUNT_FLOP * counted) / seconds / results["flop_per_s"]
            rows.append([name, f"{size['cells']:,}", f"{seconds:.3f}", f"{median['kernel_cpu']:.3f}",
                         f"{median['propagate']:.2f}", f"{pairs:.2e}", f"{evaluated:.2e}", f"{counted:.2e}",
                         f"{pairs / seconds / 1e9:.1f}", f"{share:.0%}"])  # fmt: skip
    return rows


def _networks(results: Results) -> Rows:
    rows = [["network", *NETWORK_PHASES, "CPU s", "`d2c run` s", "memory GB"]]
    for name, sample in results.get("networks", {}).items():
        figures = (*NETWORK_PHASES, "cpu", "total", "memory_gb")
        rows.append([name, *(f"{sample[figure]:.2f}" for figure in figures)])
    return rows


def _commands(results: Results) -> Rows:
    rows = [["command", "s", "CPU s", "memory GB"]]
    for name, median in results["medians"].items():
        if name.startswith("command "):
            command = name.removeprefix("command ")
            rows.append([f"`{command}`", f"{median['total']:.2f}", f"{median['cpu']:.2f}",
                         f"{median['memory_gb']:.2f}"])  # fmt: skip
    return rows


def _option_costs(results: Results) -> Rows:
    rows = [["options", "kernel s", "relative"]]
    base = results["medians"].get(f"kernel {MID.name}")
    for workload in (MID, *VARIANTS):
        median = results["medians"].get(f"kernel {workload.name}")
        if base and median:
            name = "two services" if workload is MID else workload.name
            rows.append([name, f"{median['kernel']:.3f}", f"x {median['kernel'] / base['kernel']:.2f}"])
    return rows if len(rows) > 2 else []


def _growth(results: Results) -> Rows:
    rows = [["", "linear", "kernel", "propagate", "`d2c run`", "memory"]]
    for name, (factor, ratios) in _grown(results).items():
        rows.append([name, f"x {factor}", *(f"x {ratio:.2f}" for ratio in ratios.values())])
    return rows


def _grown(results: Results) -> dict[str, tuple[int, dict[str, float]]]:
    """Return for each enlarged workload the factor of its size and the ratios of its costs."""

    def costs(name: str) -> dict[str, float] | None:
        kernel, whole = (results["medians"].get(f"{kind} {name}") for kind in ("kernel", "whole"))
        if not (kernel and whole):
            return None
        return {
            "kernel": kernel["kernel"],
            "propagate": kernel["propagate"],
            "`d2c run`": whole["total"],
            "memory": whole["memory_gb"],
        }

    grown, base = {}, costs(MID.name)
    for name, factor in GROWTH.items():
        cost = costs(name)
        if base and cost:
            grown[name] = factor, {key: cost[key] / base[key] for key in base}
    return grown
