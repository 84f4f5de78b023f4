"""A handset and a payload of different bands are refused by name, at every door."""

import itertools

import pytest
from click.testing import CliRunner

from d2c.cli.main import d2c
from d2c.errors import ScenarioError
from d2c.library import models
from d2c.library.entry import entry_names
from d2c.link.budget import RadioLink

KA = "3gpp-set2-leo600-ka"


@pytest.mark.parametrize(
    ("payload", "handset"), [*itertools.product(entry_names("payloads"), entry_names("handsets"))]
)
def test_every_pair_of_the_library_is_of_one_band_or_refused(payload, handset):
    # the names say it: payloads of the Ka band end in -ka, and its terminals are those that are pointed
    both_ka = payload.endswith("-ka"), models.read_handset(handset).kind == "terminal"
    ends = models.read_payload(payload), models.read_handset(handset), models.read_loss_set("outdoor")
    if both_ka[0] == both_ka[1]:
        RadioLink(*ends)
    else:
        with pytest.raises(ScenarioError, match="choose both of one band"):
            RadioLink(*ends)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (("link", "--payload", KA, "--altitude-km", "600"), ("'3gpp-handheld'", f"'{KA}'", "20,000 MHz")),
        (("link", "--handset", "satcom-vsat"), ("'satcom-vsat'", "'starlink-d2c'", "1,992.5 MHz")),
        (("link", "--frequency-mhz", "20000"), ("20,000 MHz", "in the Ka band")),
        (("link", "--frequency-mhz", "10000"), ("10,000 MHz", "in neither band")),
        (("scenario", "check", "italy", "--set", f"link.payload={KA}"), ("'3gpp-handheld'", f"'{KA}'")),
        (("passes", "Lampedusa", "--set", f"link.payload={KA}"), ("'3gpp-handheld'", f"'{KA}'")),
    ],
)
def test_the_command_line_refuses_other_bands_by_name(asked, named):
    error = CliRunner().invoke(d2c, asked).exception
    assert isinstance(error, ScenarioError)
    for name in named:
        assert name in str(error)


def test_an_uplink_of_another_band_is_refused_too():
    ka, handset = models.read_payload(KA), models.read_handset("3gpp-handheld")
    mixed = models.read_payload("starlink-d2c").model_copy(update={"uplink": ka.uplink})
    with pytest.raises(ScenarioError, match="receives at 30,000 MHz, in the Ka band"):
        RadioLink(mixed, handset, models.read_loss_set("outdoor"))


def test_a_handset_without_a_band_goes_with_any_payload():
    handset = models.read_handset("3gpp-handheld").model_copy(update={"band": None})
    RadioLink(models.read_payload(KA), handset, models.read_loss_set("outdoor"))
