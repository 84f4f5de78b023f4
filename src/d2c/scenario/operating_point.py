"""Operating point of a scenario's link: as filed, or with the loss of all phones that brings it to measured levels."""

from d2c.library.entry import GIVEN, Figure
from d2c.library.phones import read_phones
from d2c.scenario.model import Link


def calibrated_loss(chosen: Link) -> Figure | None:
    """Return the loss that brings all phones to measured levels; None where no figure is known.

    The scenario's own figure counts, else that of its mix of phones.
    """
    if chosen.phone_loss_db is not None:
        return Figure(value=chosen.phone_loss_db, source=GIVEN)
    return read_phones(chosen.phones).phone_loss_db if chosen.phones else None


def phone_loss(chosen: Link) -> Figure | None:
    """Return the loss of all phones at the operating point `measured`; None as filed, or where no figure is known."""
    return calibrated_loss(chosen) if chosen.operating == "measured" else None
