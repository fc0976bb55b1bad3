"""The SES account in words: its rates against SES's lines, the day's quota, and what SES thinks of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from sesguard.account.quota import LEVELS
from sesguard.account.sums import REVIEW
from sesguard.cli.screen import plain
from sesguard.detection.evidence import BOUNCES, COMPLAINTS
from sesguard.wiring.account import AccountRead

_PLACES: Final = {BOUNCES: 1, COMPLAINTS: 2}


def show_account(screen: Console, account: AccountRead) -> None:
    """Print a line on the account, and one on each thing that could not be read."""
    screen.print(Text(", ").join(_words(account)))
    for problem in account.problems:
        screen.print(plain(problem), style="yellow")


def _words(account: AccountRead) -> Iterator[Text]:
    now = account.now
    if now is not None:
        good = now.status in ("HEALTHY", "")
        yield Text(f"SES: {now.status.lower() or 'standing unknown'}", style="" if good else "bold red")
        if now.max_24_hours > 0:
            over = sum(now.used >= level for level in LEVELS)
            style = ("", "yellow", "bold red")[over]
            yield Text(f"{now.sent_24_hours:,.0f} of {now.max_24_hours:,.0f} mails a day ({now.used:.0%})", style=style)
        else:
            yield Text(f"{now.sent_24_hours:,.0f} mails a day, without a limit")
    for kind, rate in account.rates.items():
        line, places = REVIEW[kind], _PLACES[kind]
        limit = f"{line:.{places - 1}%}"
        style = "bold red" if rate >= line else "yellow" if rate >= line / 2 else ""
        whose = "" if account.by_ses else " (the guard's count)"
        yield Text(f"{kind} {rate:.{places}%} of {limit}{whose}", style=style)


def account_as_dict(account: AccountRead) -> dict[str, Any]:
    """JSON-ready, with keys that stay."""
    now = account.now
    return {
        "status": now.status if now is not None else None,
        "sent_24_hours": now.sent_24_hours if now is not None else None,
        "max_24_hours": now.max_24_hours if now is not None else None,
        "quota_used": round(now.used, 4) if now is not None else None,
        "rates": {kind: round(rate, 6) for kind, rate in account.rates.items()},
        "review": dict(REVIEW),
        "by_ses": account.by_ses,
        "problems": list(account.problems),
    }
