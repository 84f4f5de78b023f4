"""Names that come with d2c: of scenarios, areas, trade-offs and entries of the library."""

from d2c.library.entry import Kind as Kind
from d2c.library.entry import entry_names as entry_names
from d2c.region.area import area_names as area_names
from d2c.region.area import area_title as area_title
from d2c.scenario.load import scenario_names as scenario_names
from d2c.scenario.tradeoff import tradeoff_names as tradeoff_names
