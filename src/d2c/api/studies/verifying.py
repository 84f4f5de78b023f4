"""Checks against printed tables and other programs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from d2c.validation.case import read_reference_cases
from d2c.validation.report import as_json, as_markdown, as_text
from d2c.validation.verify import CheckOutcome
from d2c.validation.verify import verify as run_checks

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class CheckReport:
    """Checks of d2c against printed tables and other programs; made by `verify`.

    Printed, it is the text of `d2c verify`.

    Examples
    --------
    >>> import d2c
    >>> frame = d2c.verify().to_frame()
    >>> bool((frame["difference"].abs() <= frame["tolerance"]).all())
    True
    """

    _outcomes: tuple[CheckOutcome, ...]

    @property
    def passed(self) -> bool:
        """Return whether every case is within its tolerance."""
        return all(outcome.passed for outcome in self._outcomes)

    def to_frame(self) -> "pd.DataFrame":
        """Return a row for each case: document, quantity, name, unit, difference, tolerance, passed and source."""
        import pandas as pd  # here for start-up time

        return pd.DataFrame(
            {
                "document": outcome.case.document,
                "quantity": outcome.case.quantity,
                "name": outcome.case.name,
                "unit": outcome.case.unit,
                "difference": outcome.difference,
                "tolerance": float(outcome.case.tolerance),
                "passed": outcome.passed,
                "source": outcome.case.source,
            }
            for outcome in self._outcomes
        )

    def to_dict(self) -> dict[str, Any]:
        """Return all cases with their expected and computed values."""
        return as_json(self._outcomes)

    def to_markdown(self) -> str:
        """Return the page docs/validation.md."""
        return as_markdown(self._outcomes)

    def __len__(self) -> int:
        """Return the number of cases."""
        return len(self._outcomes)

    def __str__(self) -> str:
        """Return the text of `d2c verify`."""
        return as_text(self._outcomes)

    def __repr__(self) -> str:
        """Return the number of cases and whether they passed."""
        return f"<d2c.CheckReport: {len(self)} checks, {'all' if self.passed else 'not all'} passed>"


def verify() -> CheckReport:
    """Check d2c against printed tables, other programs and hand calculations, which are part of it.

    Returns
    -------
    CheckReport

    Raises
    ------
    ValueError
        If a case of the installation is damaged.

    Examples
    --------
    >>> import d2c
    >>> report = d2c.verify()
    >>> report.passed
    True
    >>> report.to_frame().groupby("document")["passed"].all().all()
    np.True_
    """
    return CheckReport(run_checks(read_reference_cases()))
