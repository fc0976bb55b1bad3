"""How much faster than AWS the local cloud's schedules run, so that nobody waits a minute for a sweep."""

from typing import Final

SCHEDULES_FASTER: Final = 6
IN_WORDS: Final = f"(what AWS would start each minute is started each {60 // SCHEDULES_FASTER} seconds here)"
