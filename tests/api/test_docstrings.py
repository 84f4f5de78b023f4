"""Each public name has a docstring in numpydoc's sections, and its examples give what they say."""

import ast
import doctest
import inspect
from pathlib import Path

import pytest

import d2c

PUBLIC = [name for name in d2c.__all__ if name != "__version__"]


def test_dir_is_the_library():
    assert dir(d2c) == sorted(d2c.__all__)
    assert len(set(d2c.__all__)) == len(d2c.__all__)
    for name in d2c.__all__:
        assert getattr(d2c, name) is not None


def test_type_checkers_see_the_same_names():
    stub = Path(d2c.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    imports = [node for node in ast.walk(ast.parse(stub)) if isinstance(node, ast.ImportFrom)]
    seen = {
        alias.asname: getattr(__import__(node.module, fromlist=[alias.name]), alias.name)
        for node in imports
        for alias in node.names
    }
    assert seen == {name: getattr(d2c, name) for name in PUBLIC}


@pytest.mark.parametrize("name", PUBLIC)
def test_it_is_documented(name):
    thing = getattr(d2c, name)
    text = inspect.getdoc(thing)
    assert "Examples\n--------" in text
    if inspect.isfunction(thing):
        assert "Returns\n-------" in text
        assert "Raises\n------" in text
        for parameter in inspect.signature(thing).parameters:
            assert parameter in text


@pytest.mark.parametrize("name", PUBLIC)
def test_its_examples_are_right(name):
    finder = doctest.DocTestFinder(exclude_empty=True)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(optionflags=flags)
    said = []
    thing = getattr(d2c, name)
    examples = 0
    for test in finder.find(thing, name, module=inspect.getmodule(thing)):
        examples += len(test.examples)
        runner.run(test, out=said.append)
    assert examples
    assert runner.summarize(verbose=False).failed == 0, "".join(said)
