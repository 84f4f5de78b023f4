"""Write the table of satellite systems in docs/systems.md from the library, between its two marks."""

from pathlib import Path

from marked_tables import replace_between

from d2c.library import models
from d2c.library.constellation import System, SystemShell
from d2c.library.entry import entry_names, sourced_figures

PAGE = Path(__file__).with_name("systems.md")
BEGIN, END = "<!-- table: docs/build_systems.py -->", "<!-- end of the table -->"
_HEAD = "| system | serves | satellites | shells | payload | assumed |\n|---|---|---|---|---|---|"


def table() -> str:
    """Return the table of all systems in Markdown."""
    return "\n".join(
        [_HEAD, *(_row(name, models.read_system(name)) for name in entry_names("constellations"))]
    )


def page(text: str) -> str:
    """Return the page with the current table."""
    return replace_between(text, BEGIN, END, table())


def _row(name: str, system: System) -> str:
    shells = "<br>".join(map(_shell, system.shells)) or system.elements or "of one's own file"
    satellites = f"{system.satellites.value:,.0f}" if system.satellites else "-"
    cells = (f"`{name}`", ", ".join(system.serves), satellites, shells, _payload(system), _assumed(system))
    return f"| {' | '.join(cells)} |"


def _shell(system_shell: SystemShell) -> str:
    shell = system_shell.shell
    own = "".join(f", `{payload}`" for _, payload in system_shell.payload if payload)
    return f"{shell.pattern} {shell.walker}, {shell.altitude_km:g} km{own}"


def _payload(system: System) -> str:
    payloads = []
    for kind in system.serves:
        payload, stand_in = getattr(system.payload, kind), getattr(system.stand_in, kind)
        payloads.append(f"`{payload}`" if payload else f"none; stand-in `{stand_in}`")
    return ", ".join(payloads)


def _assumed(system: System) -> str:
    """Return the names of the assumed figures, each once."""
    kinds = {where.rpartition(".")[2] for where, figure in sourced_figures(system) if figure.assumed}
    names = {"node_span_deg": "pattern", "inclination_deg": "inclination", "altitude_km": "altitude"}
    return ", ".join(sorted(names.get(kind, kind) for kind in kinds)) or "-"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
