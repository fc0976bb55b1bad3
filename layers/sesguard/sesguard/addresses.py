"""What an address has to look like before anybody writes to it."""

from __future__ import annotations

import re
from typing import Final

# One address, in ASCII as SES wants it, with nothing in it that means something in a header.
ADDRESS: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"
LONGEST_ADDRESS: Final = 320
_ADDRESS: Final = re.compile(ADDRESS)


def usable(address: str) -> bool:
    return len(address) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(address) is not None
