"""Every case of truth -> what d2c gets for it, and whether that is near enough."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from d2c.errors import D2CError
from d2c.validation.case import Case, Check
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
    """What d2c got for a case; nothing and the reason where it refused."""

    case: Case
    got: tuple[float, ...]
    refusal: str = ""

    @property
    def difference(self) -> float | None:
        """Return got less expected, the one furthest from zero; NaN if one is, None where d2c refused."""
        if self.refusal:
            return None
        differences = np.subtract(self.got, [float(value) for value in self.case.expected])
        return float(differences[np.argmax(np.abs(differences))])

    @property
    def passed(self) -> bool | None:
        """Return whether no difference is NaN or larger than the tolerance; None for a case without a tolerance."""
        if self.case.tolerance is None:
            return None
        difference = self.difference
        return difference is not None and abs(difference) <= float(self.case.tolerance)


def verify(cases: Iterable[Case]) -> tuple[CheckOutcome, ...]:
    """Return the outcome of every case, in their order."""
    return tuple(map(_outcome, cases))


def _outcome(case: Case) -> CheckOutcome:
    try:
        got = CHECKS[case.check](**case.inputs)
    except D2CError as error:
        return CheckOutcome(case, (), str(error))
    numbers = np.atleast_1d(np.asarray(got, dtype=float))
    if len(numbers) != len(case.expected):
        raise ValueError(
            f"{case.name}: {len(case.expected)} numbers expected, check {case.check} gives {len(numbers)}"
        )
    return CheckOutcome(case, tuple(numbers.tolist()))
