"""An account's sums as they lie in the table: what ingest adds up on the side, and what reading every stream finds."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from sesguard.account.sums import Sums
from sesguard.aws.counts.account_reader import LOOK_KEPT, DynamoAccount, read_day
from sesguard.aws.counts.account_sums import EVERY, DynamoAccountSums
from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.counts.unfolded import VolumeLog
from sesguard.aws.ses.calls import CallRate
from sesguard.aws.ses.configuration_sets import configuration_sets
from sesguard.aws.ses.identities import SesIdentities
from sesguard.aws.workers import Workers
from sesguard.errors import AwsError
from sesguard.ingest.tally import Tally
from sesguard.policy import Policy
from sesguard.ses_events.observation import CountsFor, Observation, Via
from tests.fakes.account import HOME, stream
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW, minute_of
from tests.fakes.dynamodb import failure
from tests.fakes.tables import TABLES
from tests.fakes.world import ACME

SHOP = stream("shop")


class Ses:
    """The sets and identities of SES, and the calls for them."""

    def __init__(self, *sets: str, **identities: str) -> None:
        self.sets = list(sets)
        self.identities = {name.replace("_AT_", "@").replace("_", "."): default for name, default in identities.items()}
        self.asked: list[str] = []

    def list_configuration_sets(self, **_):
        return {"ConfigurationSets": self.sets}

    def list_email_identities(self, **_):
        return {"EmailIdentities": [{"IdentityName": name, "SendingEnabled": True} for name in self.identities]}

    def get_email_identity(self, EmailIdentity):  # noqa: N803  # as the service's
        self.asked.append(EmailIdentity)
        if self.identities[EmailIdentity] == "refused":
            raise failure("TooManyRequestsException", "GetEmailIdentity")
        return {"ConfigurationSetName": self.identities[EmailIdentity]} if self.identities[EmailIdentity] else {}


def seen(it, what: str, count: int = 1, at=NOW, via: Via = Via.SNS, number: int = 0) -> Observation:
    kinds = {"send": CountsFor.VOLUME, "delivery": CountsFor.VOLUME, "bounce": CountsFor.HARD_BOUNCE}
    counts_for = kinds.get(what, CountsFor.COMPLAINT)
    domains = (("inbox.example", count),) if what in ("bounce", "complaint") else ()
    return Observation(
        stream=it, minute=minute_of(at), kind=what, count=count, counts_for=counts_for, why="", via=via,
        identity=f"{it}{what}{number}{at}" if domains else "", domains=domains, codes=(),
    )  # fmt: skip


def ingested(client, *observations: Observation, now=NOW, sums: DynamoAccountSums | None = None) -> DynamoAccountSums:
    """One batch, as ingest writes it: streams with a bounce or complaint first, then the rest."""
    account = sums or DynamoAccountSums(client, TABLES.cohorts)
    writer = DynamoCountsWriter(client, TABLES, Workers(1), account=account)
    tally = Tally()
    for number, observation in enumerate(observations):
        tally.add(observation, number)
    for parts in tally.parts():
        assert writer.add(parts, now, lambda: True) == []
    return account


def account(client, *sets: str) -> DynamoAccount:
    return DynamoAccount(SimpleNamespace(dynamodb=client, sesv2=Ses(*sets)), TABLES.cohorts, Workers(1))


def mixed() -> list[Observation]:
    return [
        seen(ACME, "send", 100),
        seen(ACME, "bounce", 7),
        seen(ACME, "complaint"),
        seen(SHOP, "delivery", 40),
        seen(SHOP, "bounce", 2),
        seen(HOME, "send", 5),
    ]


def test_the_sums_of_a_batch_are_those_of_all_its_streams(client):
    ingested(client, *mixed())
    assert account(client).rough(HOME, NOW) == Sums(105, 9, 1)


def test_sums_are_written_though_the_clock_has_jumped_back(client):
    sums = ingested(client, seen(ACME, "send", 100), now=NOW + timedelta(days=1))
    ingested(client, seen(ACME, "send", 5), sums=sums)
    assert account(client).rough(HOME, NOW) == Sums(105, 0, 0)


def test_what_a_drill_sends_counts_in_no_account(client):
    drill = stream("sesguard-drill-0a1b2c")
    ingested(client, *mixed(), seen(drill, "send", 20), seen(drill, "bounce", 20))
    assert account(client).rough(HOME, NOW) == Sums(105, 9, 1)
    assert drill not in account(client, "acme-news", drill.configuration_set).by_stream(HOME, NOW)
    assert read_day(client, TABLES.cohorts, VolumeLog(client, TABLES.cohorts), drill, NOW).sums == Sums(20, 20, 0)


def test_reading_every_stream_finds_each_with_what_it_sent_and_the_unattributed_mail(client):
    ingested(client, *mixed())
    assert account(client, "acme-news", "shop", "silent").by_stream(HOME, NOW) == {
        ACME: Sums(100, 7, 1),
        SHOP: Sums(42, 2, 0),
        HOME: Sums(5, 0, 0),
    }


def test_mail_that_came_over_both_paths_counts_once(client):
    ingested(client, seen(ACME, "send", 100), seen(ACME, "send", 100, via=Via.EVENTBRIDGE))
    assert account(client, "acme-news").by_stream(HOME, NOW) == {ACME: Sums(100, 0, 0)}


def test_where_there_is_no_time_for_all_streams_the_next_look_goes_on_and_asks_ses_for_them_once(client):
    """10,000 streams take 20 s: a sweep of 55 s that has other things to do may not have them."""
    names = [f"s{number}" for number in range(5)]
    ingested(client, *[seen(stream(name), "send", 10, number=number) for number, name in enumerate(names)])
    reading = account(client, *names)
    turns = 0

    def two_more():
        nonlocal turns
        turns += 1
        return turns % 3 != 0

    found = None
    looks = 0
    while found is None:
        found = reading.by_stream(HOME, NOW + MINUTE * looks, two_more)
        looks += 1
        assert reading.is_looking(NOW + MINUTE * looks) == (found is None)
    assert looks > 1
    assert found == {stream(name): Sums(10, 0, 0) for name in names}


def test_a_look_that_nobody_goes_on_with_begins_anew(client):
    ingested(client, seen(ACME, "send", 10))
    reading = account(client, "acme-news")
    assert reading.by_stream(HOME, NOW, lambda: False) is None
    assert not reading.is_looking(NOW + LOOK_KEPT)
    ingested(client, seen(ACME, "send", 5, number=1))
    assert reading.by_stream(HOME, NOW + LOOK_KEPT) == {ACME: Sums(15, 0, 0)}


def test_a_look_that_failed_begins_anew_and_lacks_nobody(client):
    ingested(client, seen(ACME, "send", 10), seen(SHOP, "send", 20, number=1))
    reading = account(client, "acme-news", "shop")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "query", lambda **_: (_ for _ in ()).throw(failure("InternalServerError", "Query")))
        with pytest.raises(AwsError):
            reading.by_stream(HOME, NOW)
    assert reading.by_stream(HOME, NOW) == {ACME: Sums(10, 0, 0), SHOP: Sums(20, 0, 0)}


def test_sets_are_listed_a_page_a_second_as_ses_takes_no_more_calls():
    """Of 10,000 there are ten pages, and a call that is tried three times within a second is refused three times."""
    slept: list[float] = []

    class Paged:
        pages = 0

        def list_configuration_sets(self, **_):
            assert sum(slept) >= self.pages, "TooManyRequestsException"
            self.pages += 1
            return {"ConfigurationSets": [f"s{self.pages}"], **({"NextToken": "more"} if self.pages < 10 else {})}

    pace = CallRate(1.0, sleep=slept.append, clock=lambda: sum(slept))
    assert len(configuration_sets(Paged(), pace)) == 10


@pytest.mark.parametrize(("ago", "counted"), [(DAY, True), (DAY + HOUR, False)])
def test_what_was_sent_within_24_full_hours_counts(client, ago, counted):
    ingested(client, seen(ACME, "send", 100, NOW - ago))
    assert bool(account(client, "acme-news").by_stream(HOME, NOW)) is counted
    assert bool(account(client).rough(HOME, NOW).volume) is counted


def test_a_process_writes_at_most_once_a_minute_and_then_all_of_it(client):
    sums = ingested(client, seen(ACME, "send", 100))
    ingested(client, seen(ACME, "send", 10), now=NOW + EVERY - timedelta(seconds=1), sums=sums)
    assert account(client).rough(HOME, NOW).volume == 100
    ingested(client, seen(ACME, "send", 1), now=NOW + EVERY, sums=sums)
    assert account(client).rough(HOME, NOW).volume == 111


def test_what_could_not_be_written_is_written_the_next_time(client):
    class Refusing:
        def update_item(self, **_):
            raise failure("ThrottlingException", "UpdateItem")

    sums = DynamoAccountSums(Refusing(), TABLES.cohorts)
    ingested(client, seen(ACME, "send", 100), sums=sums)
    sums._client = client
    sums.write(NOW + EVERY)
    assert account(client).rough(HOME, NOW).volume == 100


def test_the_accounts_sums_are_no_unattributed_mail(client):
    ingested(client, seen(ACME, "send", 100))
    assert DynamoCounts(client, TABLES.cohorts).history(HOME, NOW, None, Policy()).weighed_volume(minute_of(NOW)) == 0


# ---- identities


def identities(ses: Ses) -> SesIdentities:
    return SesIdentities(ses, sleep=lambda seconds: None)


def test_identities_without_a_default_set_are_named_of_an_address_only_its_domain():
    ses = Ses(good_example="news", bad_example="", olga_AT_shop_example="")
    found = identities(ses).without_default_set(10)
    assert found == (("bad.example", "an address at shop.example"), 3, 3, False)


def test_no_more_are_looked_at_than_asked_for_and_domains_come_first():
    ses = Ses(a_AT_shop_example="", z_example="", y_example="")
    found = identities(ses).without_default_set(2)
    assert ses.asked == ["y.example", "z.example"]
    assert (found.looked_at, found.of) == (2, 3)


def test_each_look_keeps_to_sess_pace_of_one_call_a_second():
    pauses: list[float] = []
    SesIdentities(Ses(a_example="", b_example=""), sleep=pauses.append).without_default_set(10)
    assert pauses == [1.0, 1.0]


def test_what_ses_refuses_is_an_error():
    with pytest.raises(AwsError, match="TooManyRequests"):
        identities(Ses(a_example="refused")).without_default_set(10)


def test_nothing_is_looked_at_where_there_are_none():
    assert identities(Ses()).without_default_set(10) == ((), 0, 0, False)
