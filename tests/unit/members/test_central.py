"""The centre: who lives, who is silent, what the operator of all hears, and what is refused."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from sesguard.bus.events import operator_notice
from sesguard.bus.heartbeat import StreamStanding, heartbeat, is_due
from sesguard.bus.read import read
from sesguard.errors import AwsError
from sesguard.members.central import CentralDeps, ForgedError, Forwarded, miss_the_silent, take
from sesguard.members.member import Member, oddities
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.state import Status, StreamState
from sesguard.pausing.swept import Swept
from sesguard.policy import Policy
from sesguard.stream import StreamId
from sesguard.wiring.sweep_report import streams_told
from tests.fakes.members import central_deps
from tests.fakes.members import forwarded as envelope
from tests.fakes.schemas import check_event

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
AFTER = timedelta(minutes=20)
ONE, OTHER = "111122223333", "444455556666"


@pytest.fixture
def deps() -> CentralDeps:
    return central_deps(AFTER)


def forwarded(event: Any, account: str = ONE, source: str = "sesguard") -> str:
    return envelope(event, account, source)


def beat(now: datetime = NOW, account: str = ONE, region: str = "eu-west-1", **fields: Any) -> Any:
    settings = {"DefaultMode": "enforce", "HourlyPauses": "20"} | fields.pop("settings", {})
    return heartbeat(now, account, region, "sesguard", guard=fields.pop("guard", "0.1.0"), settings=settings, **fields)


def test_a_sign_of_life_is_kept(deps: CentralDeps) -> None:
    assert take(deps, forwarded(beat(unhealthy=2)), NOW) is Forwarded.HEARD
    (member,) = deps.members.all()
    assert (member.name, member.unhealthy, member.heard) == (f"{ONE}/eu-west-1/sesguard", 2, NOW)
    assert read(forwarded(beat())) is None  # and is nothing that a guard's own notify would tell anybody


def test_it_says_how_streams_stand_that_are_not_healthy(deps: CentralDeps) -> None:
    worst = StreamStanding(configuration_set="acme", state="paused", tenant="acme", since=NOW, risk=2.5)
    take(deps, forwarded(beat(states={"paused": 1, "watched": 2}, worst=(worst,))), NOW)
    (member,) = deps.members.all()
    assert (member.states, member.worst) == ({"paused": 1, "watched": 2}, (worst,))


def test_it_names_the_worst_twenty_and_nobody_more(deps: CentralDeps) -> None:
    many = tuple(StreamStanding(configuration_set=f"set-{number}", state="paused") for number in range(500))
    take(deps, forwarded(beat(worst=many)), NOW)
    assert len(deps.members.all()[0].worst) == 20


def test_what_a_sweep_has_seen_is_told_the_worst_first() -> None:
    states = {"b": Status.PAUSED, "a": Status.WATCHED, "c": Status.HELD, "d": Status.HEALTHY, "e": Status.WATCHED}
    streams = {name: StreamId(ONE, "eu-west-1", name) for name in states}
    records = [
        StreamRecord(stream, 1, StreamState(status=states[name], since=NOW), Policy(), tenant=f"of-{name}")
        for name, stream in streams.items()
    ]
    counted = Counter(states.values())
    swept = Swept(streams=5, states=counted, records=records, risks={streams["a"]: 0.5, streams["e"]: 0.7})
    told = streams_told(swept)
    assert told["states"] == {"paused": 1, "watched": 2, "held": 1}
    assert [(it.configuration_set, it.tenant, it.risk) for it in told["worst"]] == [
        ("c", "of-c", 0.0),
        ("b", "of-b", 0.0),
        ("e", "of-e", 0.7),
        ("a", "of-a", 0.5),
    ]
    check_event(beat(**told))


def test_a_sign_of_life_of_a_version_that_told_less_is_taken(deps: CentralDeps) -> None:
    event = beat()
    known = ("id", "at", "account", "region", "stack", "guard")
    take(deps, forwarded({**event, "detail": {name: event["detail"][name] for name in known}}), NOW)
    (member,) = deps.members.all()
    assert (member.takes, member.states, member.worst) == ((), {}, ())


def test_a_clock_that_runs_ahead_hides_no_silence(deps: CentralDeps) -> None:
    take(deps, forwarded(beat(NOW + timedelta(days=30))), NOW)
    assert deps.members.all()[0].heard == NOW


@pytest.mark.parametrize(
    "event",
    [
        beat(account=OTHER),
        operator_notice("Look", "at this", "key", NOW, StreamId(OTHER, "eu-west-1", "acme")),
    ],
)
def test_nobody_speaks_for_another_account(deps: CentralDeps, event: Any) -> None:
    with pytest.raises(ForgedError, match=f"from account {ONE} speaks for account {OTHER}"):
        take(deps, forwarded(event, account=ONE), NOW)
    assert deps.members.all() == []


def test_what_no_guard_sent_is_refused(deps: CentralDeps) -> None:
    with pytest.raises(ForgedError, match="expected sesguard"):
        take(deps, forwarded(beat(), source="aws.ses"), NOW)
    for body in ("", "{}", "[1]", '{"source": "sesguard"}', "\x00"):
        with pytest.raises(msgspec.DecodeError):
            take(deps, body, NOW)


def test_the_operator_of_all_hears_once_and_from_where(deps: CentralDeps) -> None:
    event = operator_notice("Dead letters", "Three of them.", "key", NOW, StreamId(ONE, "eu-west-1", "acme"))
    assert take(deps, forwarded(event), NOW) is Forwarded.TOLD
    assert take(deps, forwarded(event), NOW) is Forwarded.TOLD_BEFORE
    ((subject, text),) = deps.topic.heard  # type: ignore[attr-defined]  # the twin's
    assert subject.startswith(f"[{ONE}] ")
    assert "Three of them." in text


def test_what_could_not_be_told_comes_again(deps: CentralDeps) -> None:
    event = operator_notice("Dead letters", "Three of them.", "key", NOW)
    deps.topic.down = True  # type: ignore[attr-defined]  # the twin's
    with pytest.raises(AwsError):
        take(deps, forwarded(event), NOW)
    deps.topic.down = False  # type: ignore[attr-defined]  # the twin's
    assert take(deps, forwarded(event), NOW) is Forwarded.TOLD


def test_a_kind_of_event_that_a_newer_guard_has_is_left_alone(deps: CentralDeps) -> None:
    assert take(deps, forwarded({"type": "Tenant Abducted", "detail": {"version": "9"}}), NOW) is Forwarded.LEFT


def test_silence_is_told_once_and_its_end_too(deps: CentralDeps) -> None:
    take(deps, forwarded(beat()), NOW)
    take(deps, forwarded(beat(account=OTHER), account=OTHER), NOW)
    for minutes in (5, 20):
        assert miss_the_silent(deps, NOW + timedelta(minutes=minutes)) == []
    late = NOW + timedelta(minutes=21)
    take(deps, forwarded(beat(late, account=OTHER), account=OTHER), late)
    for minutes in (21, 26, 31):
        assert [it.account for it in miss_the_silent(deps, NOW + timedelta(minutes=minutes))] == [ONE]
    back = NOW + timedelta(minutes=40)
    take(deps, forwarded(beat(back)), back)
    take(deps, forwarded(beat(back, account=OTHER), account=OTHER), back)
    assert miss_the_silent(deps, back) == []
    subjects = [subject for subject, _ in deps.topic.heard]  # type: ignore[attr-defined]  # the twin's
    assert subjects == [f"sesguard: {ONE} eu-west-1 is silent", f"sesguard: {ONE} eu-west-1 is heard again"]


def test_a_silence_that_could_not_be_told_is_told_by_the_next_look(deps: CentralDeps) -> None:
    take(deps, forwarded(beat()), NOW)
    deps.topic.down = True  # type: ignore[attr-defined]  # the twin's
    with pytest.raises(AwsError):
        miss_the_silent(deps, NOW + timedelta(hours=1))
    deps.topic.down = False  # type: ignore[attr-defined]  # the twin's
    miss_the_silent(deps, NOW + timedelta(hours=1, minutes=5))
    assert len(deps.topic.heard) == 1  # type: ignore[attr-defined]  # the twin's


def test_one_sweep_in_five_gives_a_sign_of_life() -> None:
    minutes = [NOW + timedelta(minutes=n, seconds=n) for n in range(60)]
    assert sum(is_due(minute) for minute in minutes) == 12


def found(*members: Member) -> list[tuple[str, str]]:
    return [(it.member.account, it.code) for it in oddities(members, NOW, AFTER)]


def member(account: str = ONE, **fields: Any) -> Member:
    usual: dict[str, Any] = {"region": "eu-west-1", "stack": "sesguard", "guard": "0.2.0", "heard": NOW}
    return Member(account=account, **{**usual, "settings": {"DefaultMode": "enforce"}, **fields})


def test_members_alike_give_nothing_to_say() -> None:
    assert found(member(), member(OTHER), member("777788889999")) == []


def test_what_stands_out_is_named() -> None:
    others = [member("777788889999"), member("888899990000")]
    assert found(*others, member(heard=NOW - timedelta(hours=1))) == [(ONE, "silent")]
    assert found(*others, member(guard="0.10.0")) == [(it.account, "older_version") for it in others]
    assert found(*others, member(guard="dev")) == [(ONE, "older_version")]
    assert found(*others, member(settings={"DefaultMode": "observe"})) == [(ONE, "drift")]
    assert found(*others, member(dead_letters=2)) == [(ONE, "dead_letters")]
    assert found(*others, member(), member(stack="second")) == [(ONE, "two_guards")] * 2
