"""Names that come with d2c: of scenarios, areas and trade-offs."""

from d2c.region.area import area_names as area_names
from d2c.scenario.load import scenario_names as scenario_names
from d2c.scenario.tradeoff import tradeoff_names as tradeoff_names
