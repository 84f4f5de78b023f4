"""Record the kernel calls of the gate's cases, one file each: `record.py FOLDER`.

The gate replays them without the rest of d2c, whose start-up has many more instructions than the kernels.
"""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kernel_case import on_equal_areas
from phases import KERNELS, replace
from workloads import CASES

from d2c.coverage.run import run_coverage


def main(folder: Path) -> None:
    """Run every case and write its kernel calls: module, name, and arguments before the call."""
    calls: list[bytes] = []

    def recorded(kernel: Any) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            calls.append(pickle.dumps((kernel.__module__, kernel.__name__, arguments)))
            return kernel(*arguments)

        return call

    for names in KERNELS.values():
        for name in names:
            replace(name, recorded)
    for case in CASES:
        calls.clear()
        with on_equal_areas(case) as scenario:
            run_coverage(scenario)
        (folder / f"{case.name}.pickle").write_bytes(pickle.dumps(calls))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
