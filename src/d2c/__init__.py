"""Satellite link budgets and direct-to-cell coverage.

`dir(d2c)` lists the library; docs/library.md is its guide, docs/api.md its reference.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

__version__ = "0.1.0"

# Where each public name stands: a module is loaded when one of its names is first used, for start-up time.
_MODULES = {
    "d2c.api.links": ("link_budget",),
    "d2c.api.budget_table": ("BudgetTable",),
    "d2c.api.sites": ("passes", "sky", "timeline"),
    "d2c.api.site_answers": ("Passes", "Sky", "ServerTimeline"),
    "d2c.api.elements": ("Elements",),
    "d2c.api.runs": ("run", "open_result"),
    "d2c.api.result": ("Result",),
    "d2c.api.area_table": ("AreaTable",),
    "d2c.api.explanations": ("Explanation",),
    "d2c.api.studies.comparing": ("compare", "ResultChange"),
    "d2c.api.studies.disasters": ("disaster", "DisasterStudy"),
    "d2c.api.studies.sensitivities": ("sensitivity", "SensitivityStudy"),
    "d2c.api.studies.sizing": ("size", "ConstellationSize"),
    "d2c.api.studies.tradeoffs": ("tradeoff", "TradeoffTable"),
    "d2c.api.studies.verifying": ("verify", "CheckReport"),
    "d2c.site.site": ("Site",),
    "d2c.library.models": ("Payload", "Handset", "LossSet"),
    "d2c.library.constellation": ("Constellation",),
    "d2c.library.services": ("Service",),
    "d2c.scenario.load": ("Scenario",),
    "d2c.errors": ("D2CError",),
    "d2c.notices": ("D2CWarning",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}
__all__ = sorted(["__version__", *_HOME])


def __getattr__(name: str) -> _Any:
    """Import a public name at its first use."""
    if name in _HOME:
        return getattr(_import_module(_HOME[name]), name)
    raise AttributeError(f"module 'd2c' has no attribute '{name}'")


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
