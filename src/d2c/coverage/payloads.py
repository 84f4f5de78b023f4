"""Payloads of a scenario's satellites: which satellite carries which, and the checks of several in one run."""

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.ground_end import link_to, losses_of
from d2c.errors import CatalogueError, ScenarioError
from d2c.library import models
from d2c.link.bands import EDGES, band_at
from d2c.link.satellite_links import FlownPayloads, SatelliteLinks
from d2c.orbit.constellation import Constellation
from d2c.orbit.selection import meets
from d2c.scenario import model


def payloads_of_shells(names: list[str | None], satellites: list[int], *, default: str) -> FlownPayloads:
    """Return the payloads of Walker shells, in the order of their satellites; None stands for the default."""
    return _flown(
        [default, *(name or default for name in names)], np.repeat(np.arange(len(names)) + 1, satellites)
    )


def payloads_of_elements(
    choices: tuple[model.PayloadChoice, ...], constellation: Constellation, *, default: str
) -> FlownPayloads:
    """Return the payloads of satellites of an element file; the first choice that selects a satellite counts.

    ScenarioError for a choice that selects no satellite, or only satellites of earlier choices.
    """
    row = np.zeros(len(constellation), np.int64)
    for number, choice in enumerate(choices, 1):
        chosen = _selected(choice, constellation) & (row == 0)
        if not chosen.any():
            raise ScenarioError(
                f"[[constellation.payloads]] payload = '{choice.payload}': earlier entries have all of its satellites, "
                "and the first entry that selects a satellite counts; put the narrower select first"
            )
        row[chosen] = number
    return _flown([default, *(choice.payload for choice in choices)], row)


def _selected(choice: model.PayloadChoice, constellation: Constellation) -> NDArray[np.bool_]:
    try:
        return meets(constellation, **choice.select.model_dump())
    except CatalogueError as error:
        raise ScenarioError(f"[[constellation.payloads]] payload = '{choice.payload}': {error}") from None


def _flown(names: list[str], row: NDArray[np.int64]) -> FlownPayloads:
    """Return the payloads that satellites carry, each name once; row (S,) into the names."""
    distinct = list(dict.fromkeys(names))
    index = np.array([distinct.index(name) for name in names])[row]
    return FlownPayloads(tuple(distinct), index.astype(np.int64)).take(np.ones(len(row), bool))


def read_links(scenario: model.Scenario, payloads: FlownPayloads) -> SatelliteLinks:
    """Return the link of each payload; ScenarioError for payloads that one run cannot have together."""
    if len(payloads.names) > 1:
        _check_several(scenario, {name: models.read_payload(name) for name in payloads.names})
    chosen = scenario.link
    losses = losses_of(chosen)
    return SatelliteLinks(payloads, tuple(link_to(name, chosen, losses) for name in payloads.names))


def _check_several(scenario: model.Scenario, payloads: dict[str, models.Payload]) -> None:
    """Refuse several bands, and limits over several bandwidths."""
    first, *others = payloads.items()
    for other in others:
        _check_band(first, other)
    bandwidths = [payload.downlink.bandwidth_mhz.value for payload in payloads.values()]
    if scenario.link.limits and len(set(bandwidths)) > 1:
        widths = ", ".join(f"'{n}' {mhz:g} MHz" for n, mhz in zip(payloads, bandwidths, strict=True))
        raise ScenarioError(
            f"[link] limits with payloads of different downlink bandwidths ({widths}): limits are compared over one "
            "bandwidth; leave out the limits, or choose payloads of one bandwidth"
        )


def _check_band(first: tuple[str, models.Payload], other: tuple[str, models.Payload]) -> None:
    """Refuse a payload in another band than the first: handset and losses hold for one band."""
    for direction in ("downlink", "uplink"):
        radios = [getattr(payload, direction) for _, payload in (first, other)]
        if None in radios:
            continue
        frequency_mhz = [radio.frequency_mhz.value for radio in radios]
        bands = [band_at(mhz) or mhz for mhz in frequency_mhz]
        if bands[0] != bands[1]:
            raise ScenarioError(
                f"payload '{other[0]}': its {direction} at {frequency_mhz[1]:,g} MHz is in another band than that of "
                f"'{first[0]}' at {frequency_mhz[0]:,g} MHz, and [link] handset and losses hold for one band; choose "
                f"payloads of one band ({EDGES}), or run each band as a scenario of its own"
            )
