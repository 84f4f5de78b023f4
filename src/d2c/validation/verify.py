"""Every case of truth -> what d2c gets for it, and whether that is near enough."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from d2c.errors import D2CError
from d2c.validation.case import Case
from d2c.validation.check import Check
from d2c.validation.link_checks import LINK_CHECKS
from d2c.validation.orbit_checks import ORBIT_CHECKS
from d2c.validation.propagation_checks import PROPAGATION_CHECKS

CHECKS: Mapping[str, Check] = {**PROPAGATION_CHECKS, **LINK_CHECKS, **ORBIT_CHECKS}


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """What d2c got for a case; nothing and the reason where it refused."""

    case: Case
    got: tuple[float, ...]
    refusal: str = ""

    @property
    def difference(self) -> float | None:
        """Return got less expected, the one furthest from zero; None where d2c refused."""
        if self.refusal:
            return None
        pairs = zip(self.got, self.case.expected, strict=True)
        return max((got - float(expected) for got, expected in pairs), key=abs)

    @property
    def passed(self) -> bool:
        """Return whether no difference is larger than the tolerance; NaN is."""
        difference = self.difference
        return difference is not None and abs(difference) <= self.case.tolerance


def verify(cases: Iterable[Case]) -> tuple[Outcome, ...]:
    """Return the outcome of every case, in their order."""
    return tuple(map(_outcome, cases))


def _outcome(case: Case) -> Outcome:
    try:
        got = CHECKS[case.check](**case.inputs)
    except D2CError as error:
        return Outcome(case, (), str(error))
    return Outcome(case, tuple(np.atleast_1d(np.asarray(got, dtype=float)).tolist()))
