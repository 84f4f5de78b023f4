"""What arguments are unless given, and what they may be: apart from the rest, as every help states it."""

from d2c.library.service_rule import ServiceRule as ServiceRule
from d2c.propagation.tr38811 import ENVIRONMENTS as ENVIRONMENTS
from d2c.region.admin_level import ADMIN_LEVELS as ADMIN_LEVELS
from d2c.scenario.target import EXAMPLE as EXAMPLE

DEFAULT_PAYLOAD, DEFAULT_HANDSET = "starlink-d2c", "3gpp-handheld"
DEFAULT_ELEMENTS = "starlink-d2c-2026-08"
MAX_LOSS_DB = 1e4
SHORT_H = 4.0  # of each run of a sensitivity study
INCLINATIONS_DEG, INCLINATION_STEP_DEG = (0, 180), 4.0
FILE_KINDS = {".csv": "csv", ".xlsx": "xlsx", ".parquet": "parquet", ".md": "markdown"}  # of tables
