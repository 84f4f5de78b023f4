"""The rule that both ends of a link are of one band."""

from d2c.errors import ModelRangeError, ScenarioError
from d2c.library.models import Handset, Payload
from d2c.propagation.tr38811 import Band, band_of

EDGES = "S, 500 to 6,000 MHz, or Ka, 19,000 to 40,000 MHz"


def band_at(frequency_mhz: float) -> Band | None:
    """Return the band of TR 38.811 that a frequency is in; None outside its bands."""
    try:
        return band_of(frequency_mhz * 1e6)
    except ModelRangeError:
        return None


def check_bands(
    payload: Payload, handset: Handset, *, payload_name: str = "", handset_name: str = ""
) -> None:
    """Raise ScenarioError if a payload sends or receives outside the band of a handset; without names by their titles.

    A handset whose entry names no band goes with any payload.
    """
    if handset.band is None:
        return
    for verb, radio in (("sends", payload.downlink), ("receives", payload.uplink)):
        if radio is None or band_at(radio.frequency_mhz.value) == handset.band:
            continue
        band = band_at(radio.frequency_mhz.value)
        raise ScenarioError(
            f"handset '{handset_name or handset.title}' is of the {handset.band} band, and payload "
            f"'{payload_name or payload.title}' {verb} at {radio.frequency_mhz.value:,g} MHz, "
            f"{f'in the {band} band' if band else 'in neither band'}; choose both of one band ({EDGES})"
        )
