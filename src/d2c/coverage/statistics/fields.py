"""How an accumulated figure is declared: its axes, type and merge rule, from which everything else about it follows.

A statistics class declares each figure with `counter(...)`. Allocation, locking, merging of neighbouring windows,
taking some of the cells, change of the cells' order and the names in a checkpoint file follow from these declarations,
so that one more figure is one more line.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, ClassVar, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]
Rule = Literal["sum", "max", "append", "keep"] | Callable[[Any, Any], Array]


class Statistics(Protocol):
    """A dataclass whose figures are declared with `counter`."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


_Statistics = TypeVar("_Statistics", bound=Statistics)


@dataclass(frozen=True, slots=True)
class Declaration:
    """Axes in their order, a letter each (G cells, V services, L limits, B bins, T steps ...), type and merge rule.

    merge: of two neighbouring windows "sum", "max", "append" (along the first axis) or "keep" (equal in both), or a
    function of the earlier and the later statistics. neutral: the value before the first step.
    """

    axes: str
    dtype: np.dtype[Any]
    merge: Rule
    neutral: float


def counter(axes: str, dtype: DTypeLike = np.int32, *, merge: Rule = "sum", neutral: float = 0) -> Any:
    """Declare a figure of a statistics class."""
    return field(metadata={"declaration": Declaration(axes, np.dtype(dtype), merge, neutral)})


def declarations(kind: type[Statistics]) -> dict[str, Declaration]:
    """Return the declarations of the figures of a class, in their order; other fields have none."""
    return {f.name: f.metadata["declaration"] for f in fields(kind) if "declaration" in f.metadata}


def allocate(kind: type[Statistics], **sizes: int) -> dict[str, Array]:
    """Return arrays with the neutral elements of all figures; sizes: length of each axis, by its letter."""
    return {
        name: np.full([sizes[axis] for axis in d.axes], d.neutral, d.dtype)
        for name, d in declarations(kind).items()
    }


def bytes_of(kind: type[Statistics], **sizes: int) -> int:
    """Return the memory of all figures of a class; sizes: as for `allocate`."""
    return sum(
        d.dtype.itemsize * math.prod(sizes[axis] for axis in d.axes) for d in declarations(kind).values()
    )


def lock(statistics: Statistics) -> None:
    """Make the arrays read-only."""
    for name in declarations(type(statistics)):
        getattr(statistics, name).flags.writeable = False


def merged(earlier: Statistics, later: Statistics) -> dict[str, Array]:
    """Return the figures of the one long window that two neighbouring windows make."""
    return {name: _merge(d.merge, name, earlier, later) for name, d in declarations(type(earlier)).items()}


def _merge(rule: Rule, name: str, earlier: Statistics, later: Statistics) -> Array:
    if callable(rule):
        return rule(earlier, later)
    a, b = getattr(earlier, name), getattr(later, name)
    match rule:
        case "sum":
            return np.asarray(a + b)
        case "max":
            return np.asarray(np.maximum(a, b))
        case "append":
            return np.concatenate([a, b])
        case "keep":
            return np.asarray(a)


def of_cells(statistics: Statistics, cells: slice) -> dict[str, Array]:
    """Return the figures of some of the cells; those without an axis of cells as they are."""
    return {
        name: getattr(statistics, name)[cell_index(d.axes, cells)]
        if "G" in d.axes
        else getattr(statistics, name)
        for name, d in declarations(type(statistics)).items()
    }


def cell_index(axes: str, cells: Any) -> tuple[Any, ...]:
    """Return the index that takes these cells of a figure with such axes."""
    return (..., cells, *(slice(None) for _ in axes[axes.index("G") + 1 :]))


def to_arrays(*parts: Statistics) -> dict[str, Any]:
    """Return all fields of some statistics by the names they have in a file."""
    return {f"{type(part).__name__}.{f.name}": getattr(part, f.name) for part in parts for f in fields(part)}


def from_arrays(kind: type[_Statistics], arrays: Mapping[str, Any]) -> _Statistics | None:
    """Return the statistics of a class from a file's arrays; None if they are not in it."""
    names = {f.name: f"{kind.__name__}.{f.name}" for f in fields(kind)}
    if not set(names.values()) <= arrays.keys():
        return None
    values = {name: arrays[key] for name, key in names.items()}
    return kind(**{name: v.item() if v.ndim == 0 else v for name, v in values.items()})
