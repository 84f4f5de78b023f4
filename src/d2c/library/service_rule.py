"""What sets the required downlink C/N of a service; apart from the entries, as a help names it."""

from typing import Literal

ServiceRule = Literal["bits", "operator-reported"]
