"""What a policy chooses between: how far the guard goes, here and after a pause elsewhere."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """``observe`` runs everything but the last call and says what it would have done."""

    OBSERVE = "observe"
    ENFORCE = "enforce"


class Elsewhere(StrEnum):
    """What a pause of a tenant in another account or region means for its stream here."""

    LEAVE = "leave"
    PROPOSE = "propose"  # an operator is asked
    PAUSE = "pause"
