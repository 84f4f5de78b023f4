"""The results of bench.py as the tables of docs/performance.md."""

from typing import Any

from workloads import GROWTH, MID, WORKLOADS

PAIR_FLOP = 57  # float32 operations on one satellite and one lane, by hand: 22 in `_look`, 35 in `_keep_best`

# What the project wants on two quiet cores: seconds of the kernel, seconds of `d2c run`, gigabytes.
TARGETS = {
    "mid / 648": (0.2, 3, 0.4),
    "mid / 9,000": (1.0, 6, 0.8),
    "big / 648": (2, 5, 0.4),
    "big / 9,000": (8, 15, 1.3),
}
PHASES = ("start", "read", "load", "propagate", "kernel", "write", "rest")
NO_TARGET = ("", "", "")


def tables(results: dict[str, Any]) -> str:
    """Return the machine, and the three tables, as Markdown."""
    return "\n\n".join([_machine(results), _whole(results), _kernel(results), _growth(results)])


def _machine(results: dict[str, Any]) -> str:
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    quiet = max(machine["load"], 0.0) < 0.5
    state = "The machine was quiet" if quiet else "The machine was shared with other work"
    return (
        f"Measured {results['measured']} in {results['rounds']} rounds on {machine['cores']} cores "
        f"({machine['processor']}, {machine['system']}; {versions}). {state}: load {machine['load']:.1f} before the "
        f"first round. Highest rate of float32 multiply-adds: {results['flop_per_s'] / 1e9:.0f} GFlop/s on all cores."
    )


def _whole(results: dict[str, Any]) -> str:
    rows = [["workload", "cells", "steps", "`d2c run` s", "wanted", *PHASES, "memory GB", "wanted"]]
    for name, workload in WORKLOADS.items():
        median = results["medians"][f"whole {name}"]
        _, seconds, memory = TARGETS.get(name, NO_TARGET)
        phases = [f"{median[phase]:.2f}" for phase in PHASES]
        rows.append([name, f"{results['sizes'][name]['boxes']:,}", f"{workload.steps:,}", f"{median['total']:.2f}",
                     str(seconds), *phases, f"{median['memory_gb']:.2f}", str(memory)])  # fmt: skip
    return "**Whole process**\n\n" + _table(rows)


def _kernel(results: dict[str, Any]) -> str:
    rows = [["workload", "cells", "kernel s", "wanted", "propagate s", "pairs", "tried", "G pairs/s", "G tried/s",
             "of peak"]]  # fmt: skip
    for name in WORKLOADS:
        median, size = results["medians"][f"kernel {name}"], results["sizes"][name]
        seconds, pairs, tried = median["kernel"], size["pairs"], size["tried"]
        share = PAIR_FLOP * tried / seconds / results["flop_per_s"]
        rows.append([name, f"{size['cells']:,}", f"{seconds:.3f}", str(TARGETS.get(name, NO_TARGET)[0]),
                     f"{median['propagate']:.2f}", f"{pairs:.2e}", f"{tried:.2e}", f"{pairs / seconds / 1e9:.1f}",
                     f"{tried / seconds / 1e9:.2f}", f"{share:.0%}"])  # fmt: skip
    return "**Kernel alone, cells of equal area**\n\n" + _table(rows)


def _growth(results: dict[str, Any]) -> str:
    def costs(name: str) -> list[float]:
        kernel, whole = (results["medians"][f"{kind} {name}"] for kind in ("kernel", "whole"))
        return [kernel["kernel"], kernel["propagate"], whole["total"], whole["memory_gb"]]

    rows = [[f"from {MID.name}", "linear", "kernel", "propagate", "`d2c run`", "memory"]]
    for workload, factor in GROWTH.items():
        ratios = [grown / base for grown, base in zip(costs(workload.name), costs(MID.name), strict=True)]
        rows.append([workload.name, f"x {factor}", *(f"x {ratio:.2f}" for ratio in ratios)])
    return "**Growth of the cost**\n\n" + _table(rows)


def _table(rows: list[list[str]]) -> str:
    head, *body = rows
    line = "|" + "|".join([" --- ", *[" ---: "] * (len(head) - 1)]) + "|"
    return "\n".join(["| " + " | ".join(head) + " |", line, *("| " + " | ".join(row) + " |" for row in body)])
