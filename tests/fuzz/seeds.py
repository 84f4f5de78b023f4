"""What the fuzzer begins with: files that ship, those of the tests, and what was found before (`findings/TARGET`)."""

from pathlib import Path

from targets import POLYGON_ENDINGS, RESULT_FILES

ROOT = Path(__file__).parents[2]
FINDINGS = Path(__file__).parent / "findings"
MOST_BYTES = 20_000

OMM_CSV = """\
OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,ARG_OF_PERICENTER,MEAN_ANOMALY,\
EPHEMERIS_TYPE,CLASSIFICATION_TYPE,NORAD_CAT_ID,ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,MEAN_MOTION_DOT,MEAN_MOTION_DDOT
STARLINK-1,2024-001A,2026-08-22T12:00:00.000000,15.7,0.0001,43.0,10.0,20.0,30.0,0,U,58000,999,1,0.0001,0.00001,0
"""


def seeds(name: str, result: Path) -> list[bytes]:
    """Return the seeds of a target; result: the made result folder."""
    files = {
        "elements": [*(ROOT / "tests" / "orbit" / "cases").iterdir()],
        "scenario": [*(ROOT / "src" / "d2c").rglob("scenario*/**/*.toml")],
        "library": [*(ROOT / "src" / "d2c" / "library" / "data").rglob("*.toml")],
        "polygon": [*(ROOT / "tests" / "region" / "cases").iterdir()],
        "result": [result / name for name in RESULT_FILES],
        "download": [],
    }[name]
    found = [_with_choice(name, file) for file in sorted(files) if file.is_file()]
    if name in ("elements", "download"):
        found.append(OMM_CSV.encode())
    found += [file.read_bytes() for file in sorted((FINDINGS / name).glob("*"))]
    return [seed for seed in found if len(seed) <= MOST_BYTES]


def _with_choice(name: str, file: Path) -> bytes:
    """Return a file's bytes, after the byte that chooses its name where a target has several."""
    choices = {"polygon": POLYGON_ENDINGS, "result": RESULT_FILES}.get(name)
    if choices is None:
        return file.read_bytes()
    chosen = file.suffix if name == "polygon" else file.name
    return bytes([choices.index(chosen)]) + file.read_bytes()
