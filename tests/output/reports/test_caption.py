"""Captions of maps."""

import pytest

from d2c.output.reports.caption import run_caption


@pytest.mark.parametrize(
    ("rule", "losses"),
    [
        ({}, "losses outdoor. "),
        ({"service_rule": "bits"}, "losses outdoor. "),
        ({"service_rule": "operator-reported"}, "losses outdoor, required C/N operator-reported. "),
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
