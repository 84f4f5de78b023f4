"""Why phones of a cell are not served: shares of phones and time by cause, as JSON and text."""

from collections.abc import Iterator, Mapping
from typing import Any

from d2c.analysis.phone_margins import PhoneMargins
from d2c.coverage.inputs import Inputs
from d2c.scenario.model import Scenario

_OF_NETWORK = ("capacity", "interference")
_HEADINGS = {"no_satellite": "no satellite"}
_WIDTH = 14


def phone_report(
    scenario: Scenario, inputs: Inputs, phones: PhoneMargins | None, *, sample: int
) -> dict[str, Any]:
    """Return for each service which share of phones and time is served, and what the rest fails on, in all 1.

    A phone that is not served fails on the first of these without which, and without those before it, it would be:
    capacity, interference, sight (obstacles and shadowing; its posture stays); else on the level, or there is no
    satellite. Without beams there is no capacity or interference. served_at_instant: share of the phones at a sample.
    """
    assert phones is not None  # of the sky without beams, else of the network
    shares = [
        {cause: share for cause, share in of_service.items() if scenario.beams or cause not in _OF_NETWORK}
        for of_service in phones.shares()
    ]
    served = (phones.exact[:, :, sample] >= 0).mean(axis=1)
    return {
        "number": inputs.phones.number,
        "mix": scenario.link.phones,
        "losses": scenario.link.losses,
        "environment": scenario.link.environment,
        "shares": dict(zip(inputs.services, shares, strict=True)),
        "served_at_instant": dict(zip(inputs.services, served.tolist(), strict=True)),
    }


def phone_lines(phones: Mapping[str, Any], utc: str) -> Iterator[str]:
    """Yield the shares as a table."""
    of_what = f"phones {phones['mix']}" if phones["mix"] else f"losses {phones['losses']}"
    where = f", environment {phones['environment']}" if phones["environment"] else ""
    number = "1 phone" if phones["number"] == 1 else f"{phones['number']} phones"
    yield f"{number} of the cell ({of_what}{where}): share of phones and time that is served, or fails on"
    causes = list(next(iter(phones["shares"].values())))
    names = [*(_HEADINGS.get(cause, cause) for cause in causes), "now served"]
    width = max(len(name) for name in phones["shares"])
    yield f"  {'':{width}}" + "".join(f"{name:>{_WIDTH}}" for name in names)
    for service, shares in phones["shares"].items():
        values = [*shares.values(), phones["served_at_instant"][service]]
        yield f"  {service:{width}}" + "".join(f"{_percent(value):>{_WIDTH}}" for value in values)
    yield f"  now: at {utc}; a cause counts where, with it and those left of it taken away, the phone would be served"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
