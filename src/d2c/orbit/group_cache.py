"""The user's cache of groups of elements that were downloaded from CelesTrak."""

from pathlib import Path

from platformdirs import user_cache_path


def cache_folder() -> Path:
    """Return the user's cache folder of downloaded groups; it need not exist."""
    return user_cache_path("d2c", appauthor=False) / "celestrak"


def cached_groups(cache: Path | None = None) -> list[str]:
    """Return the names of the downloaded groups, operator-derived ones as "NAME-supplemental"."""
    return sorted(file.stem for file in (cache or cache_folder()).glob("[!.]*.csv"))


def cached_group(group: str, cache: Path | None = None) -> Path | None:
    """Return the downloaded file of a group, or None."""
    if group not in cached_groups(cache):
        return None
    return (cache or cache_folder()) / f"{group}.csv"
