"""Fuzz the readers with Atheris: python tests/fuzz/fuzz.py [SECONDS in all] [TARGET ...]; ends non-zero on a finding.

What is found stands in out/fuzz/TARGET: copy it to tests/fuzz/findings/TARGET, where the tests play it, and mend it.
"""

import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

WORK = Path("out/fuzz")
NAMES = ("elements", "scenario", "library", "polygon", "result", "download")
# Not the kernels: numba compiles the code as it stands.
INSTRUMENTED = ["d2c.orbit", "d2c.scenario", "d2c.library", "d2c.region", "d2c.results", "d2c.text_files"]
INSTRUMENTED += ["d2c.toml", "d2c.json_values", "d2c.utc"]
LIMITS = ("-timeout=20", "-rss_limit_mb=3000", "-max_len=20000", "-print_final_stats=1", "-verbosity=1")


def fuzz_one(name: str, seconds: int) -> None:
    """Fuzz a target in this process, which Atheris ends."""
    import atheris  # here: the other process has no need of it

    with atheris.instrument_imports(include=INSTRUMENTED):
        from targets import survives

    folder = WORK / name
    corpus = folder / "corpus"
    options = [sys.argv[0], f"-max_total_time={seconds}", *LIMITS, f"-artifact_prefix={folder}/", str(corpus)]
    atheris.Setup(options, lambda data: survives(name, data, folder))
    atheris.Fuzz()


def prepare() -> None:
    """Make the result folder of the target `result`, and the corpora."""
    from seeds import seeds

    import d2c

    shutil.rmtree(WORK, ignore_errors=True)
    made = d2c.run(
        "italy",
        area="molise",
        best_case=True,
        set={"grid.resolution": 4, "time.duration_h": 0.1, "output.formats": ["parquet"]},
    )
    for name in NAMES:
        corpus = WORK / name / "corpus"
        corpus.mkdir(parents=True)
        made.save(WORK / name / "result")
        for k, seed in enumerate(seeds(name, WORK / name / "result")):
            (corpus / f"seed-{k}").write_bytes(seed)


def run(name: str, seconds: int) -> tuple[int, str]:
    """Fuzz a target in a process of its own; return executions and what went wrong, "" for nothing."""
    command = [sys.executable, __file__, "--one", name, str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    counted = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    return int(counted[1]) if counted else 0, f"{done.stdout}{done.stderr}"[-4000:] if done.returncode else ""


def main(arguments: list[str]) -> int:
    """Fuzz the targets, two at once, each an equal share of the time."""
    if arguments[:1] == ["--one"]:
        fuzz_one(arguments[1], int(arguments[2]))
    names = arguments[1:] or NAMES
    seconds = max(1, 2 * int(arguments[0] if arguments else 60) // len(names))
    prepare()
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        for name, (executions, wrong) in zip(names, pool.map(lambda n: run(n, seconds), names), strict=True):
            print(f"{name:10} {executions:>12,} executions  {'A FINDING' if wrong else 'no finding'}")
            print(wrong, end="")
            failed |= bool(wrong)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
