"""The numbers that README.md and docs/ quote, from docs/bench.json: each stands there alone.

python -m bench.readme

Takes the numbers of the last `make bench` over into docs/bench.json, those of a part that failed or did not run stay as
they were, and writes every quoted number anew. A quoted number stands between ``<!--=NAME-->`` and ``<!--/-->``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench.growth import GROWTH_HOURS, GROWTH_STREAMS
from bench.numbers import FOUND, KEPT, OUT, ROOT, Found, Number, read, write
from sesguard.costs.prices import list_prices
from sesguard.errors import SesguardError

DOCUMENTS: Final = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
QUOTED: Final = re.compile(r"(<!--=(\w+)-->)(.*?)(<!--/-->)", re.DOTALL)
_PICTURE: Final = "bill.svg"


class UnknownNumberError(SesguardError):
    """A document quotes a number that nothing measures; ``str()`` names it."""


def main() -> int:
    kept = read(KEPT)
    if FOUND.exists():
        found = read(FOUND)
        kept = taken_over(kept, found)
        write(KEPT, kept)
        print(f"docs/bench.json: {len(found.numbers)} numbers of {found.measured}, on {found.machine}")
        print("".join(f"left as it was: {each}\n" for each in found.failed), end="")
        if "bill" in found.seconds and (OUT / _PICTURE).exists():
            (ROOT / "docs" / _PICTURE).write_bytes((OUT / _PICTURE).read_bytes())
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        if (renewed := rendered(text, kept)) != text:
            path.write_text(renewed, encoding="utf-8")
            print(f"renewed: {path.relative_to(ROOT)}")
    return 0


def taken_over(kept: Found, found: Found) -> Found:
    """Return ``kept`` with what was ``found`` since in its place."""
    failed = {each.partition(":")[0] for each in found.failed}
    numbers = {name: each for name, each in found.numbers.items() if each.part not in failed}
    return Found(
        found.measured,
        found.commit,
        found.machine,
        found.python,
        kept.numbers | numbers,
        kept.seconds | found.seconds,
    )


def rendered(text: str, kept: Found) -> str:
    """Write every number that ``text`` quotes anew. Raises UnknownNumberError."""

    def renew(quoted: re.Match[str]) -> str:
        return f"{quoted[1]}{quote(quoted[2], kept)}{quoted[4]}"

    return QUOTED.sub(renew, text)


def quote(name: str, kept: Found) -> str:
    """What a document says of a number. Raises UnknownNumberError."""
    if name == "bill":
        return _bill(kept.numbers)
    if name == "measured":
        return f"{kept.measured[:10]} on {kept.machine}"
    if name == "bill_essentials":
        prices = list_prices().price
        (share,) = _of(kept.numbers, "bill_1000000_1000").values
        return f"{share * prices['ses'].of(1_000_000) / prices['ses_essentials'].of(1_000_000):.2f}"
    return shown(_of(kept.numbers, name))


def shown(number: Number) -> str:
    """A number as it is quoted: from the least to the most that was found, to two digits, or to the one."""
    low, high = _digits(min(number.values)), _digits(max(number.values))
    return low if low == high else f"{low} to {high}"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.1f}"


def _bill(numbers: Mapping[str, Number]) -> str:
    lines = ["", "", f"| streams | {' | '.join(f'{streams:,}' for streams in GROWTH_STREAMS)} |"]
    lines.append("|---" * (1 + len(GROWTH_STREAMS)) + "|")
    for mails in GROWTH_HOURS:
        shares = [_of(numbers, f"bill_{mails}_{streams}").values[0] for streams in GROWTH_STREAMS]
        lines.append(f"| {mails // 1_000_000} million mails a day | {' | '.join(f'{it:.2f} %' for it in shares)} |")
    return "\n".join([*lines, "", ""])


def _of(numbers: Mapping[str, Number], name: str) -> Number:
    try:
        return numbers[name]
    except KeyError:
        message = f"{name}: not in {KEPT.relative_to(ROOT)}; `make bench` measures it, or nothing does"
        raise UnknownNumberError(message) from None


def quoted_in(path: Path) -> list[tuple[str, str]]:
    """The numbers that a document quotes, by name, and what it says of each."""
    return [(match[2], match[3]) for match in QUOTED.finditer(path.read_text(encoding="utf-8"))]


if __name__ == "__main__":
    sys.exit(main())
