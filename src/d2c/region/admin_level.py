"""The levels of Italian administration by which results are tabulated."""

from typing import Literal, get_args

AdminLevel = Literal["region", "province", "municipality"]
ADMIN_LEVELS: tuple[AdminLevel, ...] = get_args(AdminLevel)
