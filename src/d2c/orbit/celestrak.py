"""Download of element sets from CelesTrak into a persistent cache, within its usage policy.

CelesTrak updates its data every two hours, allows one download per update and no retries, and blocks clients that
poll. So all processes of a user together request a group at most once in two hours, failed attempts included.
Source: https://celestrak.org/usage-policy.php
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from d2c.errors import CatalogueError, ResultError
from d2c.files import atomic_path, exclusive_lock, write_bytes
from d2c.orbit.catalogue import read_elements
from d2c.orbit.download import NotSentError, download, first_line
from d2c.orbit.group_cache import cache_folder
from d2c.orbit.omm import is_omm_header
from d2c.utc import utc_text

BASE_URL = "https://celestrak.org/NORAD/elements"
INTERVAL_S = 2 * 3600.0
_QUERY = "gp.php?GROUP={group}&FORMAT=csv"
_SUPPLEMENTAL_QUERY = "supplemental/sup-gp.php?FILE={group}&FORMAT=csv"
_SUPPLEMENTAL_ENDING = "-supplemental"
_UNFINISHED = "it did not finish"


def update(
    group: str = "starlink",
    *,
    offline: bool = False,
    supplemental: bool = False,
    base_url: str = BASE_URL,
    cache: Path | None = None,
    timeout_s: float = 60.0,
) -> Path:
    """Return the cached OMM CSV file of a group; download it if the last attempt is two hours old or more.

    Within two hours of a download the cached file is returned without a request; within two hours of a
    failed attempt its error is raised again, unless no request was sent. `supplemental` requests the
    operator's own data, `offline` never uses the network, `timeout_s` limits the whole download.
    CatalogueError for any response other than an OMM CSV; the cached file is then kept.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", group):
        raise CatalogueError(
            f"CelesTrak group '{group}': use letters, digits and hyphens, for example starlink"
        )
    folder = cache or cache_folder()
    name = group + _SUPPLEMENTAL_ENDING if supplemental else group
    target = folder / f"{name}.csv"
    if offline:
        if not target.is_file():
            raise CatalogueError(
                f"CelesTrak group '{name}' is not in the cache {folder}; update once without offline"
            )
        return target
    query = (_SUPPLEMENTAL_QUERY if supplemental else _QUERY).format(group=group)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _exclusive_update(folder / f"{name}.lock", name=name, timeout_s=timeout_s):
            _download_if_due(f"{base_url}/{query}", target, folder / f"{name}.attempt", timeout_s=timeout_s)
    except OSError as error:
        raise CatalogueError(
            f"cache {folder}: cannot be written: {error.strerror or error}; XDG_CACHE_HOME names another place"
        ) from None
    except ResultError as error:
        raise CatalogueError(str(error)) from None
    return target


def _download_if_due(url: str, target: Path, stamp: Path, *, timeout_s: float) -> None:
    """Download the target; the stamp file's time is that of the last attempt, its text the failure if any."""
    fallback = f"; the older {target.name} stays in use (offline)" if target.is_file() else ""
    if stamp.is_file() and abs(time.time() - stamp.stat().st_mtime) < INTERVAL_S:
        failure = stamp.read_text(encoding="utf-8")
        if not failure and target.is_file():
            return
        due_s = int(stamp.stat().st_mtime + INTERVAL_S)
        due = utc_text(np.datetime64(due_s, "s"), unit="m")
        raise CatalogueError(
            f"CelesTrak allows one download in two hours, the next for {target.stem} at {due}; the last one"
            f" {f'failed: {failure}' if failure else 'was deleted from the cache'}{fallback}"
        )
    try:
        # the stamp is written before the request goes out, so that a killed process counts too
        body = download(url, timeout_s=timeout_s, on_sent=lambda: write_bytes(stamp, _UNFINISHED.encode()))
        _store(body, target)
    except NotSentError as error:
        raise CatalogueError(f"{error}{fallback}") from None
    except CatalogueError as error:
        write_bytes(stamp, str(error).encode())
        raise CatalogueError(f"{error}{fallback}") from None
    write_bytes(stamp, b"")


def _store(body: bytes, target: Path) -> None:
    """Replace the target by a response; CatalogueError, and no change, if it cannot be read as elements."""
    text = body.decode("utf-8", "replace").replace("\r\n", "\n")
    if not is_omm_header(text.lstrip().split("\n", 1)[0]):
        raise CatalogueError(
            f"CelesTrak's response for {target.stem} is not an OMM CSV; it begins with {first_line(body)!r}"
        )
    if not text.endswith("\n"):
        raise CatalogueError(f"CelesTrak's response for {target.stem} is truncated: its last line has no end")
    with atomic_path(target) as temporary:
        temporary.write_bytes(body)
        try:
            read_elements(temporary)  # as it will be read when it is used
        except CatalogueError as error:
            reason = str(error).replace(temporary.name, target.name)
            raise CatalogueError(
                f"CelesTrak's response for {target.stem} is not an OMM CSV that can be used: {reason}"
            ) from None


@contextmanager
def _exclusive_update(lock: Path, *, name: str, timeout_s: float) -> Iterator[None]:
    try:
        with exclusive_lock(lock, timeout_s=timeout_s):
            yield
    except BlockingIOError:
        raise CatalogueError(
            f"CelesTrak group '{name}': another process is updating it (lock {lock}); wait until it ends"
        ) from None
