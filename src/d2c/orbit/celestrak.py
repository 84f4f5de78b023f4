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
from platformdirs import user_cache_path

from d2c import __version__
from d2c.errors import CatalogueError, ResultError
from d2c.files import exclusive_lock, write_bytes
from d2c.orbit.element_set import ElementSet
from d2c.orbit.omm import parse_csv
from d2c.utc import utc_text

BASE_URL = "https://celestrak.org/NORAD/elements"
INTERVAL_S = 2 * 3600.0
_QUERY = "gp.php?GROUP={group}&FORMAT=csv"
_SUPPLEMENTAL_QUERY = "supplemental/sup-gp.php?FILE={group}&FORMAT=csv"
_SUPPLEMENTAL_ENDING = "-supplemental"
_UNFINISHED = "it did not finish"
_FIRST_LINE_LENGTH = 200


class _NotReachedError(CatalogueError):
    """No connection was made, so no request reached CelesTrak."""


def cache_folder() -> Path:
    """Return the user's cache folder of downloaded groups; it need not exist."""
    return user_cache_path("d2c", appauthor=False) / "celestrak"


def cached_groups(cache: Path | None = None) -> list[str]:
    """Return the names of the downloaded groups, operator-derived ones as "NAME-supplemental"."""
    return sorted(file.stem for file in (cache or cache_folder()).glob("*.csv"))


def cached_group(group: str, cache: Path | None = None) -> Path | None:
    """Return the downloaded file of a group, or None."""
    if group not in cached_groups(cache):
        return None
    return (cache or cache_folder()) / f"{group}.csv"


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
    failed attempt its error is raised again, unless no connection was made. `supplemental` requests the
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
        raise CatalogueError(f"cache {folder}: cannot be written: {error.strerror or error}") from None
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
    write_bytes(stamp, _UNFINISHED.encode())  # before the request, so that a killed process counts too
    try:
        body = _download(url, timeout_s=timeout_s)
        _check_body(body, target.stem)
        write_bytes(target, body)
    except _NotReachedError as error:
        stamp.unlink()
        raise CatalogueError(f"{error}{fallback}") from None
    except CatalogueError as error:
        write_bytes(stamp, str(error).encode())
        raise CatalogueError(f"{error}{fallback}") from None
    write_bytes(stamp, b"")


def _download(url: str, *, timeout_s: float) -> bytes:
    import httpx  # here because it takes longer to import than every command without a download

    deadline = time.monotonic() + timeout_s
    chunks = []
    try:
        with httpx.stream(
            "GET", url, headers={"User-Agent": f"d2c/{__version__}"}, timeout=timeout_s
        ) as response:
            for chunk in response.iter_bytes():
                chunks.append(chunk)
                if time.monotonic() > deadline:  # httpx's own limit is for each read
                    raise httpx.ReadTimeout("too slow")
    except httpx.ConnectError as error:
        raise _NotReachedError(f"{url}: no connection: {error}") from None
    except httpx.TimeoutException:
        raise CatalogueError(f"{url}: no complete response within {timeout_s:g} s") from None
    except httpx.HTTPError as error:
        raise CatalogueError(f"{url}: the download was interrupted: {error}") from None
    body = b"".join(chunks)
    if response.status_code != httpx.codes.OK:
        raise CatalogueError(
            f"{url}: HTTP status {response.status_code} instead of elements: {_first_line(body)!r}; do not repeat"
        )
    return body


def _check_body(body: bytes, name: str) -> None:
    text = body.decode("utf-8", "replace").replace("\r\n", "\n")
    try:
        usable = sum(isinstance(item, ElementSet) for item in parse_csv(text, name))
    except CatalogueError:
        usable = 0
    if not usable:
        raise CatalogueError(
            f"CelesTrak's response for {name} is not an OMM CSV; it begins with {_first_line(body)!r}"
        )
    if not text.endswith("\n"):
        raise CatalogueError(f"CelesTrak's response for {name} is truncated: its last line has no end")


def _first_line(body: bytes) -> str:
    text = body.decode("utf-8", "replace").strip()
    return text.split("\n", 1)[0].strip()[:_FIRST_LINE_LENGTH]


@contextmanager
def _exclusive_update(lock: Path, *, name: str, timeout_s: float) -> Iterator[None]:
    try:
        with exclusive_lock(lock, timeout_s=timeout_s):
            yield
    except BlockingIOError:
        raise CatalogueError(
            f"CelesTrak group '{name}': another process is updating it (lock {lock}); wait until it ends"
        ) from None
