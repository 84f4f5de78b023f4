"""Satellite link budgets and direct-to-cell coverage maps.

In Python: `result = d2c.run("italy")`, `result = d2c.open_result("out/italy")`; see docs/quickstart.md.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
__all__ = ["Result", "__version__", "open_result", "run"]


def __getattr__(name: str) -> Any:
    """Import an attribute of d2c.api at its first use, so that the command line starts quickly."""
    if name in __all__:
        return getattr(import_module("d2c.api"), name)
    raise AttributeError(f"module 'd2c' has no attribute '{name}'")


def __dir__() -> list[str]:
    """Return the public names, for completion in notebooks."""
    return sorted({*globals(), *__all__})
