from d2c.api import Result as Result
from d2c.api import open_result as open_result
from d2c.api import run as run

__version__: str
