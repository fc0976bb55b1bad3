"""A flood to the operator: the first few at once, the rest in digests; none lost and none told twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sesguard.aws.tables.digests import DynamoDigests
from sesguard.errors import ConflictError
from sesguard.notices.brand import Brand
from sesguard.notices.message import Card, NoticeText
from sesguard.notices.payloads import Digest
from sesguard.notify.channel import OPERATORS_TOPIC, Channel, Kind, TenantContacts
from sesguard.notify.digest_policy import (
    AT_ONCE,
    KEPT_BACK,
    MOST,
    OVERDUE,
    WITHIN,
    Admitted,
    DigestState,
    admit,
    closed,
)
from tests.fakes.clock import MINUTE, NOW
from tests.fakes.moto_tables import tables
from tests.fakes.notify import AGAIN, MemoryDigests, NotifyScene, enveloped
from tests.fakes.world import ACME, MemoryTenants, Sent
from tests.unit.notify.test_route import HOOK, MAIL, OWNER, a_pause, changed
from tests.unit.pausing.test_crashes import Calls, Crash

SECOND = timedelta(seconds=1)
PAUSE = a_pause()


def transition(number: int) -> Any:
    return changed(PAUSE, id=f"{number:032x}")


class Wordless:
    """A wording that writes the same of everything, as what is written is no matter here."""

    brand = Brand()

    def write(self, view: object) -> NoticeText:
        return NoticeText("subject", "text", "html", Card("title", "info", (), (), None))


def an_office() -> NotifyScene:
    tenant = TenantContacts("acme", "Acme", (OWNER,), (HOOK,))
    scene = NotifyScene(MemoryTenants(tenant, streams={ACME: "acme"}))
    scene.wordings.wording = Wordless()  # type: ignore[assignment]  # as much of one as is used
    return scene


def digests(sent: Sent) -> list[Digest]:
    return [it.about for to, it in sent.all if to == OPERATORS_TOPIC and isinstance(it.about, Digest)]


def singles(sent: Sent) -> int:
    return sum(1 for to, it in sent.all if to == OPERATORS_TOPIC and not isinstance(it.about, Digest))


# ---- which


def test_five_are_told_as_they_come_and_the_rest_together_within_three_minutes():
    scene = an_office()
    scene.notify(*map(transition, range(30)))
    assert (singles(scene.sent), digests(scene.sent)) == (5, [])
    scene.pass_time(timedelta(minutes=3))
    (digest,) = digests(scene.sent)
    assert (singles(scene.sent), len(digest.transitions)) == (5, 25)


def test_owners_are_told_at_once_all_the_same():
    scene = an_office()
    scene.notify(*map(transition, range(30)))
    assert len(scene.sent.mails) == 30


def test_a_long_flood_makes_a_digest_every_few_minutes_and_nothing_else():
    scene = an_office()
    for number in range(120):  # an hour, two a minute
        scene.notify(transition(number))
        scene.pass_time(30 * SECOND)
    scene.pass_time(timedelta(minutes=3))
    assert singles(scene.sent) == 5
    assert 25 <= len(digests(scene.sent)) <= 40


def test_when_it_is_calm_again_transitions_are_told_as_they_come():
    scene = an_office()
    scene.notify(*map(transition, range(20)))
    scene.pass_time(KEPT_BACK + WITHIN)
    scene.notify(transition(99))
    assert singles(scene.sent) == 6


def test_what_is_urgent_is_never_held_back():
    scene = an_office()
    scene.notify(*map(transition, range(20)))
    scene.notify({"type": "Operator Notice", "detail": {"id": "1", "subject": "urgent", "text": "t"}})
    assert singles(scene.sent) == 6


def test_a_digest_is_on_record_with_each_of_its_transitions():
    scene = an_office()
    scene.notify(*map(transition, range(9)))
    scene.pass_time(KEPT_BACK)
    told = [entry.event for entry in scene.journal.journal if entry.channel == "operator"]
    assert sorted(told) == [f"{number:032x}" for number in range(9)]


def test_every_channel_of_the_operators_gets_the_same_digest():
    scene = an_office()
    slack = Channel(Kind.SLACK, "ssm:/sesguard/operator/slack")
    scene.tenants.of_the_operator.append(slack)
    scene.notify(*map(transition, range(9)))
    scene.pass_time(KEPT_BACK)
    assert (
        Counter(scene.told(slack))
        == Counter(scene.told(OPERATORS_TOPIC))
        == Counter(f"{number:032x}" for number in range(9))
    )


@pytest.mark.parametrize(("span", "digest"), [(WITHIN - SECOND, "e"), (WITHIN, "")])
def test_the_sixth_within_ten_minutes_is_held_back(span, digest):
    flood = DigestState((NOW,) * AT_ONCE)
    assert admit(flood, "e", NOW + span).digest == digest


@pytest.mark.parametrize(("held", "digest"), [(MOST - 1, "d"), (MOST, "e")])
def test_a_digest_that_is_full_is_followed_by_another(held, digest):
    admitted = admit(DigestState((NOW,) * AT_ONCE, "d", NOW, held), "e", NOW)
    assert (admitted.digest, admitted.wake) == (digest, digest == "e")


@pytest.mark.parametrize(("open_for", "wake"), [(OVERDUE - SECOND, False), (OVERDUE, True)])
def test_a_digest_that_nobody_woke_is_woken_by_the_next_that_comes(open_for, wake):
    admitted = admit(DigestState((), "d", NOW, 3), "e", NOW + open_for)
    assert (admitted.digest, admitted.wake) == ("d", wake)


def test_closing_a_digest_that_is_not_open_changes_nothing():
    flood = DigestState((NOW,), "d", NOW, 3)
    assert closed(flood, "other") == flood
    assert closed(flood, "d") == DigestState((NOW,))


@given(spans=st.lists(st.timedeltas(timedelta(), timedelta(minutes=4)), max_size=60))
def test_never_more_than_five_are_told_at_once_within_ten_minutes(spans):
    flood, now = DigestState(), NOW
    at_once: list[datetime] = []
    for number, span in enumerate(spans):
        now += span
        admitted: Admitted = admit(flood, str(number), now)
        flood = admitted.after
        at_once += [now] if not admitted.digest else []
        assert sum(1 for at in at_once if now - at < WITHIN) <= AT_ONCE


# ---- none lost, none twice


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_in_any_order_and_however_often_each_transition_reaches_each_channel_once(data):
    number = data.draw(st.integers(1, 14))
    coming = [event for event in range(number) for _ in range(data.draw(st.integers(1, 3)))]
    scene = an_office()
    for event in data.draw(st.permutations(coming)):
        scene.put(enveloped(transition(event)), data.draw(st.timedeltas(timedelta(), timedelta(minutes=20))))
    scene.pass_time(timedelta(hours=1))
    every = Counter(f"{event:032x}" for event in range(number))
    for channel in (MAIL, HOOK, OPERATORS_TOPIC):
        assert Counter(scene.told(channel)) == every


@settings(deadline=None, max_examples=50)
@given(number=st.integers(6, 9), crash_at=st.lists(st.integers(1, 250), max_size=4), gap=st.integers(0, 60))
def test_crashes_lose_nothing_and_tell_at_most_one_channel_twice_each(number, crash_at, gap):
    scene = an_office()
    calls = Calls()
    scene.hook_all(calls)
    for event in range(number):
        scene.put(enveloped(transition(event)), event * gap * SECOND)
    crashes = work(scene, calls, crash_at)
    every = {f"{event:032x}" for event in range(number)}
    twice = 0
    for channel in (MAIL, HOOK, OPERATORS_TOPIC):
        told = [it.about.id for to, it in scene.sent.all if to == channel]
        assert set(scene.told(channel)) == every
        twice += len(told) - len(set(told))
    assert twice <= crashes


def test_a_crash_at_any_call_of_a_flood_loses_nothing_and_repeats_only_what_was_being_sent():
    calls = Calls()
    quiet = an_office()
    quiet.hook_all(calls)
    for event in range(7):
        quiet.put(enveloped(transition(event)))
    quiet.pass_time(timedelta(hours=1))
    assert calls.count > 150
    for at in range(1, calls.count + 1):
        scene, crashing = an_office(), Calls()
        scene.hook_all(crashing)
        for event in range(7):
            scene.put(enveloped(transition(event)))
        assert work(scene, crashing, [at]) == 1
        for channel in (MAIL, HOOK, OPERATORS_TOPIC):
            told = Counter(scene.told(channel))
            assert set(told) == {f"{event:032x}" for event in range(7)}
        unsure = Counter((to.key, it.about.id) for to, it in scene.sent.all)
        assert sum(unsure.values()) - len(unsure) <= 1


def work(scene: NotifyScene, calls: Calls, crash_at: list[int]) -> int:
    """Work for two hours, crashing at these calls; returns how often it did."""
    crashes = 0
    end = scene.now + timedelta(hours=2)
    for at in [*sorted(crash_at), None]:
        calls.crash_at = at if at is None or at > calls.count else None
        try:
            scene.work(end)
        except Crash:
            crashes += 1
    return crashes


# ---- the table


@pytest.fixture(params=["memory", "table"])
def floods(request) -> Iterator[Any]:
    if request.param == "memory":
        yield MemoryDigests()
    else:
        with tables() as client:
            yield DynamoDigests(client, "digests")


def test_nothing_is_known_at_first(floods):
    assert floods.load() == (DigestState(), 0)
    assert floods.decided("e") is None
    assert list(floods.held("d")) == []


def test_what_was_decided_is_known_and_what_is_held_is_kept(floods):
    first, second = DigestState((NOW,)), DigestState((NOW, NOW + MINUTE), "d", NOW, 1)
    floods.decide(0, first, "a", "", "A")
    floods.decide(1, second, "b", "d", "B")
    assert (floods.decided("a"), floods.decided("b")) == ("", "d")
    assert floods.load() == (second, 2)
    assert list(floods.held("d")) == ["B"]


@pytest.mark.parametrize(("before", "event"), [(0, "b"), (7, "b"), (1, "a")], ids=["old", "never", "known event"])
def test_who_comes_second_changes_nothing(floods, before, event):
    floods.decide(0, DigestState((NOW,)), "a", "", "A")
    with pytest.raises(ConflictError):
        floods.decide(before, DigestState((NOW, NOW)), event, "d", "B")
    assert floods.load() == (DigestState((NOW,)), 1)
    assert list(floods.held("d")) == []
    assert floods.decided("a") == ""


def test_closing_keeps_out_who_has_read_before(floods):
    floods.decide(0, DigestState((NOW,), "d", NOW, 1), "a", "d", "A")
    floods.save(1, DigestState((NOW,)))
    with pytest.raises(ConflictError):
        floods.decide(1, DigestState((NOW,), "d", NOW, 2), "b", "d", "B")
    with pytest.raises(ConflictError):
        floods.save(1, DigestState())
    assert list(floods.held("d")) == ["A"]


def test_a_whole_flood_goes_through_the_table():
    with tables() as client:
        scene = an_office()
        scene.digests = DynamoDigests(client, "digests")  # type: ignore[assignment]  # the real one
        for event in (*range(8), 3, 7):
            scene.notify(transition(event))
        scene.pass_time(KEPT_BACK + AGAIN)
        assert Counter(scene.told(OPERATORS_TOPIC)) == Counter(f"{event:032x}" for event in range(8))


@pytest.mark.parametrize(
    "record",
    [
        {"flood": {"S": '{"lately": 7}'}, "version": {"N": "3"}},
        {"version": {"N": "3"}},
        {"flood": {"M": {}}, "version": {"N": "3"}},
        {"flood": {"S": "{}"}},
    ],
)
def test_a_record_that_this_version_cannot_read_keeps_nothing_from_anybody(record):
    """A newer version may have written it before a rollback: each pause would be set aside as no event at all."""
    with tables() as client:
        client.put_item(TableName="digests", Item={"digest": {"S": "flood"}, "event": {"S": "record"}, **record})
        scene = an_office()
        scene.digests = DynamoDigests(client, "digests")  # type: ignore[assignment]  # the real one
        for event in range(8):
            scene.notify(transition(event))
        scene.pass_time(KEPT_BACK + AGAIN)
        assert Counter(scene.told(OPERATORS_TOPIC)) == Counter(f"{event:032x}" for event in range(8))


def test_an_event_of_a_digest_that_cannot_be_read_hides_none_of_the_others():
    scene = an_office()
    scene.notify(*map(transition, range(9)))
    ((digest, kept),) = scene.digests.kept.items()
    kept["newer"] = '{"detail-type": "Tenant Paused", "detail": {"id": 7}}'
    scene.pass_time(timedelta(minutes=3))
    (told,) = digests(scene.sent)
    assert len(told.transitions) == 4
    assert digest
