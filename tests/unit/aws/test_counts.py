"""Counting in DynamoDB: one suite for the client in memory, which other tests use, for moto and for the emulator."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from sesguard.aws.clients import WORKERS
from sesguard.aws.counts import counts, outcome_writes
from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.workers import Workers
from sesguard.detection.history import History
from sesguard.ingest.tally import Tally
from sesguard.policy import Policy
from sesguard.ses_events.observation import CountsFor, Observation, Via
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW, minute_of
from tests.fakes.dynamodb import cancelled, failure
from tests.fakes.tables import TABLES, in_memory, items, kept_in, outcomes_in, volume_in
from tests.fakes.world import ACME

MIDNIGHT = NOW - HOUR * 18
POLICY = Policy()


@pytest.fixture(params=["memory", "moto", pytest.param("emulator", marks=pytest.mark.emulator)])
def client(request):
    with kept_in(request.param, request) as client:
        yield client


@pytest.fixture
def memory():
    return in_memory()


def a_send(at=NOW, count=1, *, kind="send", via=Via.SNS, stream=ACME):
    return Observation(kind, stream, minute_of(at), count, CountsFor.VOLUME, "", via)


def a_bounce(name, at=NOW, domain="example.com", *, domains=None, codes=(("5.1.1", 1),), stream=ACME):
    domains = domains or ((domain, 1),)
    count = sum(number for _, number in domains)
    return Observation(
        "bounce", stream, minute_of(at), count, CountsFor.HARD_BOUNCE, "", Via.SNS, f"bounce-{name}", domains, codes
    )


def a_complaint(name, at=NOW, *domains, stream=ACME):
    listed = tuple((domain, 1) for domain in domains)
    return Observation(
        "complaint", stream, minute_of(at), 1, CountsFor.COMPLAINT, "", Via.SNS, f"complaint-{name}", listed
    )


replaced = msgspec.structs.replace


def parts_of(*observations):
    tally = Tally()
    for number, seen in enumerate(observations):
        tally.add(seen, number)
    first, rest = tally.parts()
    return [*first, *rest]


def add(client, *observations, now=NOW, left=lambda: True):
    writer = DynamoCountsWriter(client, TABLES, Workers(1), pause=lambda _: None)
    return writer.add(parts_of(*observations), now, left)


def read(client, now=NOW, since=None, policy=POLICY):
    return DynamoCounts(client, TABLES.cohorts).history(ACME, now, since, policy)


def history_of(*observations, since=None, policy=POLICY):
    """The same counts, without a store in between."""
    history = History.under(policy, minute_of(since) if since else 0)
    for seen in observations:
        match seen.counts_for:
            case CountsFor.HARD_BOUNCE:
                for domain, count in seen.domains:
                    history.add_bounces(seen.minute, count, domain)
            case CountsFor.COMPLAINT:
                history.add_complaints(seen.minute, 1, seen.domains[0][0] if len(seen.domains) == 1 else "")
            case _:
                column = (seen.kind != "send") + 2 * (seen.via is Via.EVENTBRIDGE)
                history.add(seen.minute, column, seen.count)
    return history


def same(ours, truth, now=NOW):
    minute = minute_of(now)
    truth.prune(minute)
    assert ours.rows(minute) == truth.rows(minute)
    assert ours.weighed_volume(minute) == truth.weighed_volume(minute)


def settled_days(client):
    found = {item["cohort"]["S"]: item for item in items(client, ACME) if "seen" in item}
    return {key: item for key, item in found.items() if key.startswith("t#")}


# ---- volume ----


def test_volume_is_kept_by_minute_and_by_the_path_it_came(client):
    seen = [
        a_send(count=3),
        a_send(NOW + MINUTE, 4, kind="delivery"),
        a_send(count=5, via=Via.EVENTBRIDGE),
        a_send(count=6, kind="delivery", via=Via.EVENTBRIDGE),
    ]
    assert add(client, *seen) == []
    minute = minute_of(NOW)
    assert volume_in(client, ACME) == {(minute, 0): 3, (minute + 1, 1): 4, (minute, 2): 5, (minute, 3): 6}
    same(read(client), history_of(*seen))


def test_volume_of_one_minute_adds_up_over_batches(client):
    for _ in range(3):
        add(client, a_send(count=2), a_send(count=1))
    assert volume_in(client, ACME) == {(minute_of(NOW), 0): 9}


def test_volume_of_a_whole_hour_by_both_paths_fits_into_one_write(memory):  # moto's parser recurses too deep for it
    seen = [
        a_send(NOW + MINUTE * minute, 99_999, kind=kind, via=via)
        for minute in range(60)
        for kind in ("send", "delivery")
        for via in Via
    ]
    assert len(parts_of(*seen)) == 1
    assert add(memory, *seen, now=NOW + HOUR) == []
    same(read(memory, NOW + HOUR), history_of(*seen), NOW + HOUR)


def test_items_stay_until_the_whole_month_after_the_day_of_sending_is_over(client):
    add(client, a_send(), a_bounce("1"))
    expected = str(int((MIDNIGHT + DAY * 65).timestamp()))
    assert {item["expires"]["N"] for item in items(client, ACME)} == {expected}


def test_streams_whose_names_begin_alike_are_kept_apart(client):
    other = ACME._replace(configuration_set="acme-news-2")
    add(client, a_send(), a_send(count=7, stream=other))
    assert sum(volume_in(client, ACME).values()) == 1
    assert sum(volume_in(client, other).values()) == 7


# ---- outcomes, once ----


def test_outcomes_are_kept_by_minute_receiving_domain_and_code(client):
    add(
        client,
        a_bounce("1", domains=(("a.example", 2), ("b.example", 1)), codes=(("5.1.1", 2), ("5.2.1", 1))),
        a_bounce("2", NOW + MINUTE, "a.example"),
        a_complaint("1", NOW, "c.example"),
        a_complaint("2", NOW),
        a_complaint("3", NOW, "c.example", "d.example"),
    )
    minute = minute_of(NOW)
    assert outcomes_in(client, ACME) == {
        ("b", minute, "a.example"): 2,
        ("b", minute, "b.example"): 1,
        ("b", minute + 1, "a.example"): 1,
        ("c", minute, "c.example"): 1,
        ("c", minute, ""): 2,
    }
    assert read(client).codes.totals(minute) == {"5.1.1": 3, "5.2.1": 1}


def test_an_event_that_comes_again_in_the_same_batch_counts_once(client):
    assert add(client, a_bounce("1"), a_bounce("1")) == []
    assert outcomes_in(client, ACME).total() == 1


def test_an_event_that_comes_again_later_counts_once_and_what_is_new_beside_it_counts(client):
    add(client, a_bounce("1"), a_complaint("1"))
    assert add(client, a_bounce("2"), a_bounce("1"), a_complaint("1"), a_bounce("3")) == []
    assert outcomes_in(client, ACME).total() == 4


@pytest.mark.parametrize("events", [1, 97, 98, 99, 250])
def test_any_number_of_outcomes_of_one_hour_counts_each_once(client, events):
    seen = [a_bounce(str(number), domain=f"d{number}.example") for number in range(events)]
    assert add(client, *seen) == []
    assert add(client, *seen) == []
    assert outcomes_in(client, ACME).total() == events


def test_outcomes_with_more_names_than_an_expression_holds_are_cut(client):
    seen = [
        a_bounce(str(number), domains=tuple((f"d{number}-{n}.example", 1) for n in range(50))) for number in range(10)
    ]
    assert add(client, *seen) == []
    assert outcomes_in(client, ACME).total() == 500


def test_recipients_of_one_event_beyond_what_ses_allows_count_without_their_domain(client):
    add(client, a_bounce("1", domains=tuple((f"d{number}.example", 1) for number in range(60))))
    counted = outcomes_in(client, ACME)
    assert counted.total() == 60
    assert counted["b", minute_of(NOW), ""] == 10


def test_an_item_that_is_full_of_names_goes_on_counting_without_them(client, monkeypatch):
    monkeypatch.setattr(outcome_writes, "MOST_NAME_BYTES", 50)
    for number in range(4):
        bounces = [a_bounce(f"{number}{letter}") for letter in "bc"]
        assert add(client, a_bounce(f"{number}a", domain="long-name.example"), *bounces) == []
    counted = outcomes_in(client, ACME)
    assert counted.total() == 12
    assert counted["b", minute_of(NOW), ""] == 6
    assert read(client).codes.totals(0) == {"5.1.1": 6}


def kinds_of(client):
    return Counter(item["cohort"]["S"][:2] for item in items(client, ACME))


def test_names_of_the_first_few_outcomes_lie_beside_their_counts(client):
    seen = [a_bounce("1"), a_complaint("1", NOW, "example.org"), a_bounce("2"), a_bounce("3", domain="example.net")]
    writer = DynamoCountsWriter(client, TABLES, Workers(1), pause=lambda _: None)
    for number, observation in enumerate(seen, start=1):
        assert writer.add(parts_of(observation), NOW, lambda: True) == []
        assert kinds_of(client) == ({"o#": 1} if number <= 2 else {"o#": 1, "n#": 1})
    history = read(client)
    same(history, history_of(*seen))
    assert history.bounce_domains.totals(0) == {"example.com": 2, "example.net": 1}
    assert history.complaint_domains.totals(0) == {"example.org": 1}
    assert history.codes.totals(0) == {"5.1.1": 3}


@pytest.mark.parametrize(
    "odd",
    [
        a_bounce("1", domain="x" * 70 + ".example"),
        replaced(a_bounce("1"), count=3),
        a_bounce("1", domains=tuple((f"d{number}.example", 1) for number in range(60))),
    ],
    ids=["a long name", "more than are named", "many names"],
)
def test_what_does_not_fit_beside_the_counts_is_named_apart(client, odd):
    assert add(client, odd) == []
    assert kinds_of(client) == {"o#": 1, "n#": 1}
    assert outcomes_in(client, ACME).total() == odd.count
    assert read(client).weighed_volume(minute_of(NOW)) == odd.count


def test_an_item_is_full_of_names_long_before_it_is_too_large_for_dynamodb(memory):
    longest = "x" * 61 + ".example"
    for first in range(0, 4_000, 50):
        names = tuple((f"{number:04}{longest}", 1) for number in range(first, first + 50))
        assert add(memory, a_bounce(str(first), domains=names)) == []
    totals, names = items(memory, ACME), [item for item in items(memory, ACME) if item["cohort"]["S"][:2] == "n#"]
    assert outcomes_in(memory, ACME).total() == 4_000
    assert 10_000 < sum(len(name) for name in names[0]) < 40_000
    assert len(names) == 1
    assert len(list(totals)) == 2


# ---- what fails ----


class Failing:
    """A client that fails the first calls of one kind, before or after they are done."""

    def __init__(self, client, call, *errors, done=False):
        self._client, self._call, self._errors, self._done = client, call, list(errors), done

    def __getattr__(self, name):
        call = getattr(self._client, name)

        def wrapped(**request):
            if name == self._call and self._errors:
                if self._done:
                    call(**request)
                raise self._errors.pop(0)
            return call(**request)

        return wrapped


THROTTLED = failure("ProvisionedThroughputExceededException", "UpdateItem")


def test_volume_that_cannot_be_written_fails_for_its_own_messages(memory):
    other = ACME._replace(configuration_set="other")
    failing = Failing(memory, "update_item", THROTTLED)
    (unwritten,) = add(failing, a_send(), a_send(stream=other), a_send())
    assert unwritten == (ACME, (0, 2), "ProvisionedThroughputExceededException")
    assert volume_in(memory, other).total() == 1


def test_outcomes_that_cannot_be_written_fail_with_every_message_that_brought_them(memory):
    failing = Failing(memory, "transact_write_items", THROTTLED)
    (unwritten,) = add(failing, a_bounce("1"), a_send(), a_bounce("1"), a_bounce("2"))
    assert unwritten.messages == (0, 2, 3)
    assert outcomes_in(memory, ACME).total() == 0
    assert volume_in(memory, ACME).total() == 1


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_met_another_is_tried_again(memory, code):
    failing = Failing(memory, "transact_write_items", *[cancelled(code, "None")] * 4)
    assert add(failing, a_bounce("1")) == []
    assert outcomes_in(memory, ACME).total() == 1


def test_a_transaction_that_keeps_meeting_others_fails_in_the_end(memory):
    failing = Failing(memory, "transact_write_items", *[cancelled("TransactionConflict", "None")] * 5)
    (unwritten,) = add(failing, a_bounce("1"))
    assert unwritten.code == "TransactionConflict"


def test_a_transaction_that_time_cannot_heal_fails_at_once(memory):
    failing = Failing(memory, "transact_write_items", cancelled("None", "ValidationError"))
    (unwritten,) = add(failing, a_bounce("1"))
    assert unwritten.code == "ValidationError"


def test_a_transaction_whose_answer_was_lost_counts_once_when_its_message_comes_again(memory):
    failing = Failing(memory, "transact_write_items", failure("InternalServerError", "TransactWriteItems"), done=True)
    (unwritten,) = add(failing, a_bounce("1"))
    assert unwritten.messages == (0,)
    assert add(memory, a_bounce("1")) == []
    assert outcomes_in(memory, ACME).total() == 1


def test_what_there_is_no_time_for_fails_and_is_not_written(memory):
    unwritten = add(memory, a_bounce("1"), a_send(), left=lambda: False)
    assert [(part.messages, part.code) for part in unwritten] == [((0,), "OutOfTime"), ((1,), "OutOfTime")]
    assert not list(items(memory, ACME))


def test_many_parts_are_written_by_many_threads(memory):
    streams = [ACME._replace(configuration_set=f"set-{number}") for number in range(300)]
    seen = [a_send(stream=stream) for stream in streams]
    workers = Workers(WORKERS)
    assert DynamoCountsWriter(memory, TABLES, workers).add(parts_of(*seen), NOW, lambda: True) == []
    assert all(volume_in(memory, stream).total() == 1 for stream in streams)


# ---- histories ----


def a_month():
    """Mail of a month, in all that a history tells apart: minutes, hours, days, clumps, both paths."""
    for day in (0, 1, 2, 3, 4, 5, 9, 29, 30, 31, 34):
        at = NOW - DAY * day - MINUTE * (37 * day)
        yield a_send(at, 100 + day)
        yield a_send(at - HOUR * 5, 10 + day, via=Via.EVENTBRIDGE)
        yield a_send(at - HOUR * 7, 300, kind="delivery")
        for number in range(15):
            yield a_bounce(f"{day}-{number}", at - MINUTE * number, "dead.example")
        yield a_complaint(f"{day}", at - HOUR * 5, "c.example")


def test_a_history_read_back_is_the_history_of_what_was_counted(client):
    seen = list(a_month())
    assert add(client, *seen) == []
    same(read(client), history_of(*seen))


def test_a_history_reads_the_same_once_its_days_are_settled(client):
    seen = list(a_month())
    add(client, *seen)
    read(client)
    assert len(settled_days(client)) == 27
    same(read(client), history_of(*seen))


def test_later_a_history_is_read_from_what_was_settled_then(memory):
    seen = list(a_month())
    add(memory, *seen)
    for later in (timedelta(0), HOUR, DAY, DAY * 3, DAY * 12):
        same(read(memory, NOW + later), history_of(*seen), NOW + later)


@pytest.mark.parametrize(
    "since",
    [NOW - MINUTE * 7, NOW - HOUR * 3 - MINUTE, MIDNIGHT - DAY * 2, NOW - DAY * 9 - MINUTE * 7, MIDNIGHT - DAY * 9],
)
def test_mail_sent_before_a_resume_does_not_weigh_whatever_was_settled_of_it(memory, since):
    seen = list(a_month())
    add(memory, *seen)
    for _ in range(2):
        same(read(memory, since=since), history_of(*seen, since=since))


def test_another_clump_rule_settles_days_anew(memory):
    seen = list(a_month())
    add(memory, *seen)
    read(memory)
    strict = replace(POLICY, clump_per_domain=2)
    same(read(memory, policy=strict), history_of(*seen, policy=strict))
    same(read(memory), history_of(*seen))


@pytest.mark.parametrize(
    "rule",
    [{"clump_per_domain": 2}, {"clump_forgiven_a_day": 3, "clump_forgiven_share": 0.0}, {"clump_young_days": 1}],
)
def test_under_another_clump_rule_a_look_without_names_forgives_nothing_of_a_day_that_was_settled_before(memory, rule):
    add(memory, *a_month())
    read(memory)
    policy = replace(POLICY, **rule)
    for _ in range(2):  # what it found is not put on record: a look with names still settles these days
        bound = DynamoCounts(memory, TABLES.cohorts).history(ACME, NOW, None, policy, names=False)
        assert all(row[2] == row[4] for row in bound.rows(minute_of(NOW)))
    read(memory, policy=policy)
    settled = DynamoCounts(memory, TABLES.cohorts).history(ACME, NOW, None, policy, names=False)
    same(read(memory, policy=policy), history_of(*a_month(), policy=policy))
    assert any(row[2] < row[4] for row in settled.rows(minute_of(NOW)))


def test_more_names_than_one_look_reads_are_settled_by_the_looks_that_follow(memory, monkeypatch):
    """Another clump rule unsettles a month at once: each look reads so much at most, and the next goes on there."""
    seen = list(a_month())
    add(memory, *seen)
    read(memory)
    monkeypatch.setattr(counts, "MOST_NAMES", 200)  # those of the last days, and a little more
    strict = replace(POLICY, clump_per_domain=2)
    read_names, forgiven = [], []
    for _ in range(6):
        metered = Metered(memory)
        history = read(metered, policy=strict)
        read_names.append(metered.names)
        forgiven.append(history.forgiven_from(0))
    assert forgiven[0] < forgiven[-1]
    assert forgiven == sorted(forgiven)  # never less than before: milder with each look, and never too mild
    assert max(read_names) < 400
    same(history, history_of(*seen, policy=strict))


@pytest.mark.parametrize("names", [False, True])
@pytest.mark.parametrize("touched", [False, True])
def test_days_that_one_look_has_no_room_for_are_rolled_up_by_the_next_ones_whole(memory, monkeypatch, names, touched):
    seen = list(a_month())
    for observation in seen:  # as it was sent, or all of it late, so that each day is touched
        add(memory, observation, now=NOW if touched else NOW.fromtimestamp(observation.minute * 60, NOW.tzinfo))
    monkeypatch.setattr(counts, "MOST_ATTRIBUTES", 30)
    volumes = []
    for _ in range(8):
        history = DynamoCounts(memory, TABLES.cohorts).history(ACME, NOW, None, POLICY, names=names)
        volumes.append(history.weighed_volume(minute_of(NOW)))
    assert volumes == sorted(volumes)
    assert volumes[0] < volumes[1] < volumes[-1]
    same(read(memory), history_of(*seen))
    same(read(memory), history_of(*seen))


def test_what_comes_late_for_a_settled_day_settles_it_anew(client):
    seen = list(a_month())
    add(client, *seen)
    read(client)
    late = [a_bounce("late", NOW - DAY * 5, "x.example"), a_send(NOW - DAY * 6, 9), a_complaint("late", NOW - DAY * 5)]
    add(client, *late)
    for _ in range(2):
        same(read(client), history_of(*seen, *late))


def test_a_late_event_that_comes_again_does_not_touch_its_settled_day(memory):
    late = a_bounce("late", NOW - DAY * 5)
    add(memory, late)
    read(memory)
    (before,) = (item["touched"] for key, item in settled_days(memory).items() if "touched" in item)
    add(memory, late)
    (after,) = (item["touched"] for key, item in settled_days(memory).items() if "touched" in item)
    assert before == after


def test_a_day_is_touched_from_an_hour_before_any_reader_may_settle_it(memory):
    sent = MIDNIGHT - DAY * 3 + HOUR * 12
    settleable = MIDNIGHT + DAY
    add(memory, a_send(sent), now=settleable - HOUR - MINUTE)
    assert not [item for item in items(memory, ACME) if "touched" in item and item["cohort"]["S"][:2] == "t#"]
    add(memory, a_send(sent), now=settleable - HOUR)
    assert [item for item in items(memory, ACME) if "touched" in item and item["cohort"]["S"][:2] == "t#"]


def test_a_day_that_is_touched_while_it_is_summed_up_is_not_settled(memory):
    seen = [a_send(NOW - DAY * 5, 10), a_bounce("1", NOW - DAY * 5)]
    add(memory, *seen)
    late = a_bounce("late", NOW - DAY * 5, "x.example")

    class Meanwhile:
        """A late bounce is written just before the reader puts what it found."""

        def put_item(self, **request):
            add(memory, late)
            return memory.put_item(**request)

        def __getattr__(self, name):
            return getattr(memory, name)

    read(Meanwhile())
    same(read(memory), history_of(*seen, late))


def test_a_stream_that_is_new_settles_no_empty_days(memory):
    add(memory, a_send())
    read(memory)
    assert not settled_days(memory)


def test_empty_days_between_mail_are_settled_too(memory):
    add(memory, a_send(NOW - DAY * 9), a_send(NOW - DAY * 6))
    read(memory)
    assert len(settled_days(memory)) == 6


def test_a_history_that_cannot_be_read_raises(memory):
    failing = Failing(memory, "query", THROTTLED)
    with pytest.raises(Exception, match="Query failed: ProvisionedThroughputExceededException"):
        read(failing)


# ---- what grows with a stream, and what does not ----


def test_an_outcome_told_without_its_set_first_moves_to_its_stream_when_it_is_told_with_it(client):
    nobody = ACME._replace(configuration_set="")
    add(client, replaced(a_bounce("1"), stream=nobody))
    assert outcomes_in(client, nobody).total() == 1
    add(client, a_bounce("1"))
    assert (outcomes_in(client, nobody).total(), outcomes_in(client, ACME).total()) == (0, 1)
    add(client, replaced(a_bounce("1"), stream=nobody))
    add(client, a_bounce("1"))
    assert (outcomes_in(client, nobody).total(), outcomes_in(client, ACME).total()) == (0, 1)


def test_bounces_at_domains_of_the_accounts_own_and_of_anothers_mail_are_counted_and_do_not_weigh(client):
    add(
        client,
        a_send(count=9),
        replaced(a_bounce("1", domains=(("b.example", 1),)), count=1, at_own_domains=2),
        replaced(a_bounce("2"), foreign=True),
    )
    history = read(client)
    assert history.aside() == 3
    assert [row[4] for row in history.rows(minute_of(NOW))] == [1]
    later = NOW + DAY * 5
    for _ in range(2):
        assert read(client, later).aside() == 3
        assert read(client, later).days(minute_of(later))[0][4] == 1


def test_without_names_nothing_is_forgiven_and_all_else_is_the_same(memory):
    seen = list(a_month())
    add(memory, *seen)
    minute = minute_of(NOW)
    bound = DynamoCounts(memory, TABLES.cohorts).history(ACME, NOW, None, POLICY, names=False).rows(minute)
    assert all(row[2] == row[4] for row in bound)
    full = read(memory).rows(minute)
    assert [(*row[:2], *row[3:]) for row in bound] == [(*row[:2], *row[3:]) for row in full]
    assert sum(row[2] for row in full) < sum(row[4] for row in full)
    same(read(memory), history_of(*seen))


def test_what_an_older_version_wrote_reads_right(memory):
    """Names beside the totals, days without what was published, and bounces of a day without the forgiven ones."""
    day = minute_of(NOW) // 1440 - 6
    table = memory.tables["cohorts"]
    hour = (NOW - HOUR * 30).strftime("%Y-%m-%dT%H")
    for key, values in {
        f"o#{hour}": {"b05#dead.example": "14", "b05#": "1", "c07#x.example": "1", "x#5.1.1": "15", "w": "40"},
        f"v#{hour}": {"s": "900", "s05": "900"},
        f"t#{(NOW - DAY * 6).strftime('%Y-%m-%d')}": {
            "volume": "5000",
            "bounces": "40",
            "forgiven": "160",
            "complaints": "2",
            "seen": "0",
        },
    }.items():
        item = {"stream": {"S": str(ACME)}, "cohort": {"S": key}, **{name: {"N": n} for name, n in values.items()}}
        if key.startswith("t#"):
            item["clump"] = {"S": "10/200"}
        table[str(ACME), key] = item
    bound = DynamoCounts(memory, TABLES.cohorts).history(ACME, NOW, None, POLICY, names=False)
    (hourly, daily) = bound.rows(minute_of(NOW))
    assert hourly[1:5] == (900, 15, 1, 15)
    assert daily[:5] == (day * 1440, 5000, 40, 2, 200)
    assert daily[5] == 4_800
    full = read(memory)
    assert full.bounce_domains.totals(0) == {"dead.example": 14}
    assert full.rows(minute_of(NOW))[0][2] == 11
    assert full.codes.totals(0) == {"5.1.1": 15}


class Metered:
    """Counts the read units of consistent queries: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/capacity-mode.html"""

    def __init__(self, client):
        self._client = client
        self.units = 0
        self.names = 0

    def query(self, **request):
        found = self._client.query(**request)
        size = sum(len(n) + len(next(iter(v.values()))) for item in found["Items"] for n, v in item.items())
        self.units += max(1, -(-size // 4_096))
        kinds = (item for item in found["Items"] if item["cohort"]["S"][:2] in {"n#", "o#"})
        self.names += sum(map(len, kinds)) if "Limit" not in request else 0
        return found

    def __getattr__(self, name):
        return getattr(self._client, name)


def test_a_look_at_a_stream_of_any_size_reads_the_same(memory):
    """Four days of a stream that sends in each minute and bounces at hundreds of domains: 10 million mails a day."""
    for hour in range(24 * 4):
        at = NOW - HOUR * hour
        seen = [a_send(at - MINUTE * minute, 7_000) for minute in range(60)]
        seen += [a_send(at - MINUTE * minute, 6_900, kind="delivery") for minute in range(60)]
        seen += [
            a_bounce(f"{hour}-{n}", at - MINUTE * (n % 60), domains=tuple((f"d{n}-{m}.example", 1) for m in range(40)))
            for n in range(60)
        ]
        add(memory, *seen, now=at)
    for _ in range(6):  # hours are rolled up some at a time
        DynamoCounts(memory, TABLES.cohorts).history(ACME, NOW, None, POLICY, names=False)
    metered = Metered(memory)
    history = DynamoCounts(metered, TABLES.cohorts).history(ACME, NOW, None, POLICY, names=False)
    assert metered.units <= 30, metered.units
    truth = DynamoCounts(memory, TABLES.cohorts).history(ACME, NOW, None, POLICY)
    assert history.weighed_volume(minute_of(NOW)) == truth.weighed_volume(minute_of(NOW)) >= 24 * 4 * 60 * 7_000
