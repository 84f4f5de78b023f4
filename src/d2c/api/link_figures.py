"""Figures of a link budget that its caller gives: which entries they leave the default for, and losses by name."""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches

from d2c.api.defaults import DEFAULT_HANDSET, DEFAULT_PAYLOAD, MAX_LOSS_DB
from d2c.errors import ArgumentError
from d2c.library.models import Handset, Payload
from d2c.link.budget import RadioLink
from d2c.link.geometry import LookAngles
from d2c.link.given import DOWNLINK_FIGURES, HANDSET_FIGURES, missing_figures
from d2c.link.margins import analyse_link

_MISSPELT = 0.85  # how alike two names are, of 1


def payload_or_default(
    given: str | Payload | None, figures: Mapping[str, float], *, orbit_is_given: bool
) -> str | Payload | None:
    """Return the payload; None for a satellite that its EIRP and other figures describe alone.

    ArgumentError that names all that such a satellite lacks.
    """
    if given is not None or not set(DOWNLINK_FIGURES) & set(figures):
        return DEFAULT_PAYLOAD if given is None else given
    missing = missing_figures(figures)
    if not orbit_is_given:
        missing.append("altitude_km (or satellite)")
    if missing:
        raise ArgumentError(
            f"{', '.join(missing)}: neither given nor of an entry; give what is missing, or the payload that has it"
        )
    return None


def handset_or_default(given: str | Handset | None, figures: Mapping[str, float]) -> str | Handset | None:
    """Return the handset; None where all of its figures are given."""
    if given is None and set(HANDSET_FIGURES) <= set(figures):
        return None
    return DEFAULT_HANDSET if given is None else given


def checked_losses(losses_db: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Return losses by the names of their lines; ArgumentError for a value that is no loss."""
    for name, value in losses_db.items():
        if not abs(value) < MAX_LOSS_DB:
            raise ArgumentError(f"losses_db {name} = {value:g} must lie within {MAX_LOSS_DB:g} dB")
    return tuple(losses_db.items())


def check_loss_names(link: RadioLink, look: LookAngles, *, latitude_deg: float) -> None:
    """Raise ArgumentError for a given loss of a line that the budget lacks, or that is like a misspelt line of it."""

    def lines(of_link: RadioLink) -> list[str]:
        budgets = analyse_link(of_link, {}, look, latitude_deg=latitude_deg)[:2]
        return list(dict.fromkeys(line.name for budget in budgets if budget for line in budget.lines))

    if not link.given_losses_db:
        return
    printed, computed = lines(link), lines(replace(link, given_losses_db=()))
    for name, _ in link.given_losses_db:
        if name not in printed:
            raise ArgumentError(
                f"losses_db {name}: this budget has no such line; its lines are: {', '.join(computed)}"
            )
        nearest = get_close_matches(name.lower(), map(str.lower, computed), n=1, cutoff=_MISSPELT)
        if name not in computed and nearest:
            raise ArgumentError(f"losses_db {name}: did you mean '{nearest[0]}'?")
