"""The best case beside a network of beams: the best satellite over noise alone, for a phone that sees all the sky."""

from dataclasses import replace

import numpy as np

from d2c.coverage.blocks import run_region
from d2c.coverage.engine.engine import local_engine
from d2c.coverage.inputs import Inputs
from d2c.coverage.payloads import read_links
from d2c.link.phones import alike_phones
from d2c.scenario.model import Scenario


def best_case_availability(
    scenario: Scenario, inputs: Inputs, *, workers: int | None = None
) -> dict[str, float]:
    """Return the share of area and time with each service: as filed, nothing in the way, the losses of the loss set."""
    alone = {"phones": None, "environment": None, "operating": "filed", "phone_loss_db": None}
    open_sky = scenario.model_copy(
        update={
            "network": False,
            "beams": None,
            "link": scenario.link.model_copy(update=alone),
            "output": scenario.output.model_copy(update={"formats": ("parquet",)}),  # no hours
        }
    )
    sky = replace(
        inputs,
        beams=None,
        links=read_links(open_sky, inputs.links.payloads),
        phones=alike_phones(),
        limits={},
    )
    figures = run_region(open_sky, sky, lambda job, _: local_engine(job, workers)).figures
    area_m2 = inputs.grid.area_m2
    return {
        name: float(np.average(figures[f"{name}_availability"], weights=area_m2)) for name in inputs.services
    }
