"""Run the check of each reference case and compare the computed with the expected value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from d2c.errors import D2CError
from d2c.validation.case import Check, ReferenceCase
from d2c.validation.interference_checks import INTERFERENCE_CHECKS
from d2c.validation.link_checks import LINK_CHECKS
from d2c.validation.orbit_checks import ORBIT_CHECKS
from d2c.validation.propagation_checks import PROPAGATION_CHECKS

CHECKS: Mapping[str, Check] = {
    **PROPAGATION_CHECKS,
    **LINK_CHECKS,
    **INTERFERENCE_CHECKS,
    **ORBIT_CHECKS,
}


@dataclass(frozen=True, eq=False, slots=True)
class CheckOutcome:
    """Values that d2c computed for a case; empty, with the message, where it raised an error."""

    case: ReferenceCase
    computed: tuple[float, ...]
    error: str = ""

    @property
    def difference(self) -> float | None:
        """Return computed minus expected, the value furthest from zero; NaN if one is, None after an error."""
        if self.error:
            return None
        differences = np.subtract(self.computed, [float(value) for value in self.case.expected])
        return float(differences[np.argmax(np.abs(differences))])

    @property
    def passed(self) -> bool:
        """Return whether no difference is NaN or exceeds the tolerance."""
        difference = self.difference
        return difference is not None and abs(difference) <= float(self.case.tolerance)


def verify(cases: Iterable[ReferenceCase]) -> tuple[CheckOutcome, ...]:
    """Run the check of every case and return the outcomes in the same order."""
    return tuple(map(_outcome, cases))


def _outcome(case: ReferenceCase) -> CheckOutcome:
    try:
        result = CHECKS[case.check](**case.inputs)
    except D2CError as error:
        return CheckOutcome(case, (), str(error))
    computed = np.atleast_1d(np.asarray(result, dtype=float))
    if len(computed) != len(case.expected):
        raise ValueError(
            f"{case.name}: {len(case.expected)} numbers expected, check {case.check} gives {len(computed)}"
        )
    return CheckOutcome(case, tuple(computed.tolist()))
