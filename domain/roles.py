"""The roles that a user can have, in any combination."""

from __future__ import annotations

import enum


class Role(enum.Enum):
    OPERATOR = "OPERATOR"
    DATA_SCIENTIST = "DATA_SCIENTIST"
    ML_ENGINEER = "ML_ENGINEER"
    PRODUCTION_ENGINEER = "PRODUCTION_ENGINEER"
