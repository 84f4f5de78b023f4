"""What follows from the declaration of an accumulated figure."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from d2c.coverage.statistics.coverage import CoverageStatistics, Frames, Timeline
from d2c.coverage.statistics.fields import (
    allocate,
    cell_index,
    counter,
    declarations,
    from_arrays,
    lock,
    merged,
    of_cells,
    to_arrays,
)
from d2c.coverage.statistics.network import NetworkStatistics
from d2c.coverage.statistics.waiting import Waiting

# each axis of its own length, so that a wrong one is noticed
SIZES = {"G": 5, "V": 2, "L": 3, "B": 7, "J": 4, "S": 6, "C": 8, "T": 9, "F": 10, "W": 11, "P": 12}
KINDS = [CoverageStatistics, NetworkStatistics, Timeline, Frames, Waiting]
BY_WINDOW = [CoverageStatistics, NetworkStatistics]


def joined(earlier: "Example", later: "Example") -> Any:
    return 10 * earlier.by_rule + later.by_rule


@dataclass(frozen=True, eq=False, slots=True)
class Example:
    """A figure of every rule, and a field that is not declared."""

    samples: int
    total: Any = counter("GB")
    highest: Any = counter("VG", np.float64, merge="max", neutral=-np.inf)
    steps: Any = counter("TG", np.int64, merge="append")
    edges: Any = counter("J", merge="keep")
    by_rule: Any = counter("G", merge=joined)

    def __post_init__(self) -> None:
        lock(self)


def example(seed):
    random = np.random.default_rng(seed)
    return Example(
        seed,
        **{
            name: random.integers(0, 100, values.shape).astype(values.dtype)
            for name, values in allocate(Example, **SIZES).items()
            if name != "edges"
        },
        edges=np.arange(SIZES["J"], dtype=np.int32),
    )


def neutral(kind):
    """Return the statistics of no steps; axes that windows are appended along have no length."""
    figures = allocate(kind, **SIZES | {"T": 0})
    others = [f.name for f in dataclasses.fields(kind) if f.name not in figures]
    return kind(**dict.fromkeys(others, 0), **figures)


@pytest.mark.parametrize("kind", KINDS)
def test_figures_have_the_declared_shape_and_type(kind):
    figures = allocate(kind, **SIZES)
    assert list(figures) == list(declarations(kind))
    for name, declared in declarations(kind).items():
        assert figures[name].shape == tuple(SIZES[axis] for axis in declared.axes), name
        assert figures[name].dtype == declared.dtype
        assert (figures[name] == declared.neutral).all()


@pytest.mark.parametrize("kind", [Example, *BY_WINDOW])
def test_neutral_elements_merge_to_themselves(kind):
    nothing = neutral(kind)
    together = merged(nothing, nothing)
    assert list(together) == list(declarations(kind))
    for name, values in together.items():
        before = getattr(nothing, name)
        np.testing.assert_array_equal(values, before, err_msg=name)
        assert values.dtype == before.dtype, name


def test_each_rule_merges_neighbours():
    one, two = example(1), example(2)
    together = merged(one, two)
    np.testing.assert_array_equal(together["total"], one.total + two.total)
    np.testing.assert_array_equal(together["highest"], np.maximum(one.highest, two.highest))
    np.testing.assert_array_equal(together["steps"], np.concatenate([one.steps, two.steps]))
    np.testing.assert_array_equal(together["edges"], one.edges)
    np.testing.assert_array_equal(together["by_rule"], 10 * one.by_rule + two.by_rule)


@pytest.mark.parametrize("name", ["total", "highest", "edges"])
def test_what_is_neutral_changes_nothing(name):
    some, nothing = example(1), neutral(Example)
    np.testing.assert_array_equal(merged(some, nothing)[name], getattr(some, name))
    if name != "edges":  # equal in both windows, by its rule
        np.testing.assert_array_equal(merged(nothing, some)[name], getattr(some, name))


def test_fields_survive_a_file(tmp_path):
    one, two = example(3), neutral(NetworkStatistics)
    np.savez(tmp_path / "file.npz", allow_pickle=False, **to_arrays(one, two))
    with np.load(tmp_path / "file.npz", allow_pickle=False) as file:
        arrays = dict(file)
    assert {"Example.samples", "Example.total", "NetworkStatistics.lit_sum"} <= arrays.keys()
    found = from_arrays(Example, arrays)
    assert (found.samples, type(found.samples)) == (3, int)
    for name, declared in declarations(Example).items():
        np.testing.assert_array_equal(getattr(found, name), getattr(one, name), err_msg=name)
        assert getattr(found, name).dtype == declared.dtype
    assert from_arrays(NetworkStatistics, arrays) is not None
    assert from_arrays(Frames, arrays) is None
    del arrays["Example.highest"]
    assert from_arrays(Example, arrays) is None


@pytest.mark.parametrize("kind", [Example, CoverageStatistics, Frames])
def test_some_cells_are_taken_on_their_axis(kind):
    random = np.random.default_rng(4)
    figures = {name: random.random(values.shape) for name, values in allocate(kind, **SIZES).items()}
    others = [f.name for f in dataclasses.fields(kind) if f.name not in figures]
    whole = kind(**dict.fromkeys(others, 0), **figures)
    some = of_cells(whole, slice(1, 4))
    assert list(some) == list(figures)
    for name, declared in declarations(kind).items():
        axis = declared.axes.find("G")
        wanted = figures[name] if axis < 0 else np.take(figures[name], [1, 2, 3], axis=axis)
        np.testing.assert_array_equal(some[name], wanted, err_msg=name)


@pytest.mark.parametrize("axes", ["G", "VG", "VPG", "GB", "VGJ", "FVG"])
def test_an_index_takes_cells_in_another_order(axes):
    values = np.random.default_rng(5).random([SIZES[axis] for axis in axes])
    order = np.array([4, 0, 3])
    wanted = np.take(values, order, axis=axes.index("G"))
    np.testing.assert_array_equal(values[cell_index(axes, order)], wanted)


def test_arrays_are_locked():
    with pytest.raises(ValueError, match="read-only"):
        example(6).total[0] = 1
