"""Satellite link budgets and direct-to-cell coverage maps.

In Python: `result = d2c.run("italy")`, `result = d2c.open_result("out/italy")`; docs/quickstart.md says more.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
__all__ = ["Result", "__version__", "open_result", "run"]


def __getattr__(name: str) -> Any:
    """Return what d2c.api offers, imported when asked for: the command line shall start quickly without."""
    if name in __all__:
        return getattr(import_module("d2c.api"), name)
    raise AttributeError(f"module 'd2c' has no attribute '{name}'")


def __dir__() -> list[str]:
    """Return the names that are offered, for completion in notebooks."""
    return sorted({*globals(), *__all__})
