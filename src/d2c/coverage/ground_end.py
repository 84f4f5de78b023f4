"""The ground end of a scenario's link: handset and losses at the operating point, and the phones of a cell."""

from d2c.errors import ScenarioError
from d2c.library import models
from d2c.library.phones import read_phones
from d2c.link.bands import check_bands
from d2c.link.budget import RadioLink
from d2c.link.phones import Phones, phones_of
from d2c.link.satellite_links import SatelliteLinks
from d2c.scenario import model
from d2c.scenario.operating_point import phone_loss

PHONE_LOSS = "phone loss at the measured operating point"


def losses_of(chosen: model.Link) -> models.LossSet:
    """Return the loss set of a scenario, with the phones' loss at the operating point `measured`.

    ScenarioError where no figure for that loss is known.
    """
    losses = models.read_loss_set(chosen.losses)
    if chosen.operating != "measured":
        return losses
    figure = phone_loss(chosen)
    if figure is None:
        whose = (
            f"phones '{chosen.phones}' have"
            if chosen.phones
            else f"losses '{chosen.losses}' without phones have"
        )
        raise ScenarioError(
            f"[link] operating = 'measured': {whose} no calibrated phone_loss_db; give it: "
            "link.phone_loss_db=18, or choose link.losses=outdoor and link.phones=mix"
        )
    of_phones = models.Loss(name=PHONE_LOSS, loss_db=figure)
    return losses.model_copy(update={"losses": (*losses.losses, of_phones)})


def link_to(payload_name: str, chosen: model.Link, losses: models.LossSet) -> RadioLink:
    """Return the link of a payload to the handset that a scenario names; ScenarioError if their bands differ."""
    payload, handset = models.read_payload(payload_name), models.read_handset(chosen.handset)
    check_bands(payload, handset, payload_name=payload_name, handset_name=chosen.handset)
    return RadioLink(payload, handset, losses)


def read_phone_nodes(chosen: model.Link, links: SatelliteLinks) -> Phones:
    """Return the phones of a cell. Payloads of one run share their band, so the first stands for all.

    ScenarioError for a mix of postures together with losses that are a posture of their own.
    """
    losses = models.read_loss_set(chosen.losses)
    if chosen.phones and (losses.spread or losses.building):
        raise ScenarioError(
            f"[link] losses = '{chosen.losses}' and phones = '{chosen.phones}': each says how people have their phone; "
            "choose one of them: link.losses=outdoor, or link.phones=none"
        )
    return phones_of(
        losses,
        read_phones(chosen.phones) if chosen.phones else None,
        environment=chosen.environment,
        frequency_hz=links.first.payload.downlink.frequency_mhz.value * 1e6,
        number=chosen.phones_per_cell,
        correlation_deg=chosen.skyline_correlation_deg,
    )
