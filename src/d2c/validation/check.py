"""What a check is: the inputs of a case, named as in its truth file, in; the quantity d2c gets, out.

Truth files are a door: they carry the units of the documents (km, GHz, dBm), and the checks undo them.
"""

from collections.abc import Callable
from typing import Any

Check = Callable[..., Any]
