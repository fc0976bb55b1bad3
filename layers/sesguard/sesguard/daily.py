"""Compare every stream's wanted state with SES once a day, healthy ones included: a few in each minute's sweep."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sesguard.deciding.state import Status
from sesguard.errors import SesguardError
from sesguard.ports.streams import Place, Rounds
from sesguard.settle import World
from sesguard.sweep import Swept

# Each takes one control call to SES, which takes 60 a minute for an account and region
# (https://docs.aws.amazon.com/ses/latest/dg/quotas.html): 8 leave room for pauses and for those that are not healthy,
# and come to 11,520 a day, more than the 10,000 configuration sets that a region can have.
A_MINUTE: Final = 8
DAY: Final = timedelta(days=1)


_log = logging.getLogger(__name__)


def go_round(
    world: World, rounds: Rounds, swept: Swept, now: datetime, time_left: Callable[[], bool] = lambda: True
) -> None:
    """Compare the next few streams of the day's round; who was not reached comes first the next time.

    Raises nothing: what fails for one stream is noted in ``swept``, and a round that cannot be read waits a minute.
    """
    try:
        place = rounds.place()
        if place.after or place.begun is None or now - place.begun >= DAY:
            rounds.reached(_further(world, rounds, place, swept, now, time_left))
    except SesguardError as error:
        _log.warning("daily round: %s", error)


def _further(
    world: World, rounds: Rounds, place: Place, swept: Swept, now: datetime, time_left: Callable[[], bool]
) -> Place:
    begun = place.begun if place.after else now
    after = place.after
    for stream in rounds.following(after, A_MINUTE):
        if stream is None:
            return Place("", begun)
        if not time_left():
            break
        with swept.meanwhile(stream):
            record = world.streams.load(stream)
            # The others are compared every minute, and without a set it is the record of an account.
            if stream.attributed and record.state.status is Status.HEALTHY and not record.offboarded:
                swept.compare(world, record, now)
        after = str(stream)
    return Place(after, begun)
