"""Wire what ``sesguard status`` says of the SES account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sesguard.account.quota import AccountNow
from sesguard.account.sums import KINDS
from sesguard.aws.account_rates import read_account_rates
from sesguard.aws.clients import WORKERS
from sesguard.aws.counts.account_reader import DynamoAccount
from sesguard.aws.tables.ses_standing import SesStanding
from sesguard.aws.workers import Workers
from sesguard.errors import AwsError
from sesguard.wiring.operator import Guard


@dataclass(frozen=True, slots=True)
class AccountRead:
    """The account as it stands. now: None where SES did not say. by_ses: whether the rates are SES's own.

    rates: by kind, fractions. problems: what could not be read, in words.
    """

    now: AccountNow | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    by_ses: bool = False
    problems: tuple[str, ...] = ()


def read_account(guard: Guard, now: datetime) -> AccountRead:
    """Read it. Raises nothing: what could not be read is said."""
    problems: list[str] = []
    account, rates, by_ses = None, {}, False
    try:
        account = SesStanding(guard.clients, guard.stack.outputs.get("TurnsTableName", "")).ask()
    except AwsError as error:
        problems.append(f"what SES says of the account is not known: {error}")
    try:
        rates = dict(read_account_rates(guard.clients.cloudwatch, now))
        by_ses = bool(rates)
    except AwsError as error:
        problems.append(f"SES's rates are not known: {error}")
    if not rates:
        try:
            rates = _counted(guard, now)
        except AwsError as error:
            problems.append(f"the account's rates are not known: {error}")
    return AccountRead(account, rates, by_ses, tuple(problems))


def _counted(guard: Guard, now: datetime) -> dict[str, float]:
    """The rates of the last day by the guard's own sums."""
    reader = DynamoAccount(guard.clients, guard.stack.output("CohortsTableName"), Workers(WORKERS))
    sums = reader.rough(guard.stack.home, now)
    return {kind: sums.rate(kind) for kind in KINDS}
