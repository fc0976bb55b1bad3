"""What SES decides about the whole account is on record and told to the operator, once, and never undone."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.stub import Stubber

from sesguard.account.quota import AccountNow
from sesguard.account.ses_standing import EVERY_MINUTES, look_at_account
from sesguard.aws.clients import Clients
from sesguard.aws.tables.ses_standing import SesStanding
from sesguard.errors import AwsError
from sesguard.stream import StreamId
from tests.fakes.clock import HOUR, MINUTE, NOW
from tests.fakes.enforcement import MemoryEnforcement
from tests.fakes.moto_tables import tables
from tests.fakes.world import ACME, Memory
from tests.unit.cli.test_edges import client

HOME = StreamId(ACME.account, ACME.region, "")
SOME_MINUTES = EVERY_MINUTES * MINUTE


class Account:
    def __init__(self) -> None:
        self.memory = Memory()
        self.enforcement = MemoryEnforcement()

    def look(self, standing: str, at: Any = NOW) -> str:
        self.enforcement.standing = standing
        return look_at_account(self.memory.deps, self.enforcement, HOME, at)

    @property
    def subjects(self) -> list[str]:
        return [notice["subject"] for notice in self.memory.bus.details("Operator Notice")]


@pytest.fixture
def account() -> Account:
    return Account()


def test_an_account_in_good_standing_is_no_news(account):
    assert account.look("HEALTHY") == ""
    assert account.memory.bus.events == []
    assert account.memory.streams.journal == []


@pytest.mark.parametrize("standing", ["PROBATION", "SHUTDOWN", "SOMETHING_NEW"])
def test_a_change_is_told_once_and_on_record(account, standing):
    assert account.look(standing) == standing
    assert account.look(standing, NOW + SOME_MINUTES) == ""
    assert account.subjects == [f"The SES account is {standing}"]
    (entry,) = account.memory.streams.entries(HOME, "enforcement")
    assert (entry.before, entry.status) == ("HEALTHY", standing)
    assert account.memory.switch.turns == []


def test_and_so_is_each_further_change_until_it_is_healthy_again(account):
    for number, standing in enumerate(["PROBATION", "SHUTDOWN", "HEALTHY", "HEALTHY"]):
        account.look(standing, NOW + number * SOME_MINUTES)
    assert account.subjects == [f"The SES account is {it}" for it in ("PROBATION", "SHUTDOWN", "HEALTHY")]


def test_it_costs_one_control_call_every_few_minutes(account):
    for minute in range(60):
        account.look("HEALTHY", NOW + minute * MINUTE)
    assert account.enforcement.asked == 60 // EVERY_MINUTES


def test_an_answer_without_a_standing_is_no_change(account):
    assert account.look("") == ""
    assert account.memory.bus.events == []


def test_trouble_stops_no_sweep(account):
    def refuses(name: str) -> None:
        raise AwsError("GetAccount", "TooManyRequestsException", retryable=True)

    account.enforcement.hook = refuses
    assert account.look("SHUTDOWN") == ""


def test_a_crash_before_it_is_noted_tells_nobody_twice(account):
    def crashes(name: str) -> None:
        if name == "note":
            account.enforcement.hook = lambda _: None
            raise AwsError("PutItem", "Trouble", retryable=True)

    account.enforcement.hook = crashes
    account.look("PROBATION")
    account.look("PROBATION", NOW + SOME_MINUTES)
    assert account.subjects == ["The SES account is PROBATION"]
    assert account.enforcement.noted == "PROBATION"


def used(account: Account, *shares: float) -> list[str]:
    """What is told while the account uses these shares of its quota, one after another."""
    account.enforcement.most = 50_000
    for number, share in enumerate(shares):
        account.enforcement.sent = share * 50_000
        account.look("HEALTHY", NOW + number * 2 * HOUR)
    return [subject.split(" ")[0] for subject in account.subjects]


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ((0.1, 0.69), []),
        ((0.7,), ["70%"]),
        ((0.71, 0.8, 0.72), ["70%"]),
        ((0.75, 0.91, 0.95), ["70%", "90%"]),
        ((0.97,), ["90%"]),
        ((0.75, 0.65, 0.75), ["70%"]),  # around a level it is told once
        ((0.95, 0.65, 0.95), ["90%"]),
        ((0.75, 0.5, 0.75), ["70%", "70%"]),  # another day
    ],
)
def test_each_level_of_the_daily_quota_is_told_once_until_it_is_calm(account, shares, told):
    assert used(account, *shares) == told


def test_the_notice_says_how_much_of_what_is_used(account):
    used(account, 0.72)
    (notice,) = account.memory.bus.details("Operator Notice")
    assert "36,000 of the 50,000 mails" in notice["text"]
    assert "Service Quotas" in notice["text"]


def test_an_account_without_a_limit_uses_none_of_it(account):
    account.enforcement.sent = 10**9
    assert account.look("HEALTHY") == ""
    assert account.subjects == []


def test_a_level_that_could_not_be_told_is_told_the_next_time(account):
    def crashes(name: str) -> None:
        if name == "note_quota":
            account.enforcement.hook = lambda _: None
            raise AwsError("PutItem", "Trouble", retryable=True)

    account.enforcement.hook = crashes
    account.enforcement.sent, account.enforcement.most = 150, 200
    account.look("HEALTHY")
    account.look("HEALTHY", NOW + SOME_MINUTES)
    assert len(set(account.subjects)) == 1  # of one hour and level it is one notice, however often it is published
    assert account.enforcement.told == 0.7


def test_ses_is_asked_and_what_is_known_is_kept_in_the_table():
    ses = client("sesv2")
    with tables() as dynamodb, Stubber(ses) as stub:
        clients = Clients()
        clients.__dict__.update(sesv2=ses, dynamodb=dynamodb)
        enforcement = SesStanding(clients, "turns")
        quota = {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 150.0}
        stub.add_response("get_account", {"EnforcementStatus": "PROBATION", "SendQuota": quota}, {})
        stub.add_client_error("get_account", "TooManyRequestsException", http_status_code=429)
        assert enforcement.ask() == AccountNow("PROBATION", 150.0, 200.0)
        with pytest.raises(AwsError, match="GetAccount"):
            enforcement.ask()
        assert enforcement.known() == ""
        enforcement.note("PROBATION")
        assert enforcement.known() == "PROBATION"
        assert enforcement.quota_told() == 0
        enforcement.note_quota(0.7)
        assert enforcement.quota_told() == 0.7
