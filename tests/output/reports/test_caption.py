"""Captions of maps."""

import pytest

from d2c.output.reports.caption import run_caption


@pytest.mark.parametrize(
    ("rule", "losses"),
    [
        ({}, "levels as filed; best case"),
        ({"service_rule": "bits"}, "levels as filed; best case"),
        ({"service_rule": "operator-reported"}, "levels as filed, required C/N operator-reported; best case"),
    ],
)
def test_a_caption_names_the_rule_of_services_that_is_not_the_default(rule, losses):
    link = {
        "payload": "a",
        "handset": "b",
        "losses": "outdoor",
        "environment": None,
        "min_elevation_deg": 25.0,
    }
    summary = {
        "scenario": {"link": link | rule},
        "satellites": {"used": 3, "source": "c"},
        "warnings": [],
        "not_modelled": ["rain"],
    }
    assert losses in run_caption(summary)
