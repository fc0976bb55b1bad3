"""Leaving the registry is no way back: pauses, holds and strikes follow the set's name and its identities."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sesguard.pausing.record import StreamRecord
from sesguard.pausing.state import Origin, Status, StreamState
from sesguard.policy import Mode, Policy
from sesguard.provisioning.past import carry_over
from sesguard.stream import StreamId
from tests.fakes.clock import NOW
from tests.fakes.onboarding import HOME, Platform
from tests.fakes.world import no_hook

NEWS = HOME._replace(configuration_set="acme-news")
SHOP = HOME._replace(configuration_set="other-shop")
DOMAIN = "acme.example"


def a_platform() -> Platform:
    platform = Platform()
    platform.ses.add_identity(DOMAIN)
    platform.tenant("acme", {"configuration_set": "acme-news", "identities": [DOMAIN]})
    platform.settle()
    return platform


def stop(platform: Platform, status: Status, stream: StreamId = NEWS, origin: Origin = Origin.GUARD) -> None:
    """As the guard, or an operator, has turned the stream off."""
    now = platform.now
    held = status is Status.HELD
    state = StreamState(
        status=status,
        since=now,
        origin=origin,
        strikes=(now,) if origin is Origin.GUARD else (),
        cool_down_until=None if held else now + timedelta(hours=24),
        acknowledge=not held,
        incident="i",
    )
    platform.streams.save(replace(platform.streams.load(stream), state=state, turned_off=True))
    platform.ses.sets[stream.configuration_set]["SendingOptions"] = {"SendingEnabled": False}


def leave(platform: Platform, tenant: str = "acme", days: float = 0.01) -> None:
    platform.delete(tenant)
    platform.ses.sleep(120)
    platform.settle()
    platform.ses.sleep(days * 86_400)


def sends(platform: Platform, name: str) -> bool:
    return bool(platform.ses.sets[name]["SendingOptions"]["SendingEnabled"])


@pytest.mark.parametrize(
    ("status", "origin"),
    [(Status.PAUSED, Origin.GUARD), (Status.HELD, Origin.GUARD), (Status.HELD, Origin.OPERATOR)],
)
def test_a_stream_that_left_while_it_was_off_comes_back_off(status, origin):
    platform = a_platform()
    stop(platform, status, origin=origin)
    before = platform.streams.load(NEWS).state
    leave(platform)
    assert "acme-news" not in platform.ses.sets
    assert list(platform.streams.not_healthy()) == []  # nobody looks after it while it is gone
    platform.tenant("acme", "acme-news")
    platform.settle()
    back = platform.streams.load(NEWS)
    assert (back.state, back.turned_off, back.switch_due) == (before, True, "off")
    assert not sends(platform, "acme-news")  # from the moment at which it was made
    assert list(platform.streams.not_healthy()) == [NEWS]
    (notice,) = back.announce
    assert "sesguard resume acme-news" in notice["detail"]["text"]
    assert platform.streams.entries(NEWS, "returned")[0].before == status.value


@pytest.mark.parametrize("status", [Status.PAUSED, Status.HELD])
def test_another_tenant_with_another_set_for_the_same_identity_starts_off_on_the_old_record(status):
    platform = a_platform()
    stop(platform, status)
    before = platform.streams.load(NEWS).state
    leave(platform)
    platform.tenant("other", {"configuration_set": "other-shop", "identities": [DOMAIN]})
    platform.settle()
    shop = platform.streams.load(SHOP)
    assert (shop.state.status, shop.state.strikes, shop.state.acknowledge) == (
        status,
        before.strikes,
        before.acknowledge,
    )
    assert shop.state.cool_down_until == before.cool_down_until
    assert not sends(platform, "other-shop")
    assert (shop.switch_due, shop.turned_off) == ("off", True)
    (event,) = shop.announce  # its owner is told, once it is off, with a link of its own
    assert (event["detail"]["reason"], event["detail"]["tenant"]) == ("returned", "other")


@pytest.mark.parametrize("kept_as", ["@identity/news@acme.example", "@identity/news@Acme.example"])
def test_another_spelling_of_the_identity_is_no_way_back(kept_as):
    """Whoever wrote it down: versions before kept it as it was spelt."""
    platform = Platform()
    platform.ses.add_identity("news@Acme.example")
    platform.tenant("acme", {"configuration_set": "acme-news", "identities": ["news@Acme.example"]})
    platform.settle()
    stop(platform, Status.HELD)
    platform.rows.lists[kept_as] = platform.rows.lists.pop("@identity/news@acme.example")
    leave(platform)
    spelt = "news@ACME.example" if kept_as.islower() else "news@Acme.example"
    platform.tenant("other", {"configuration_set": "other-shop", "identities": [spelt]})
    platform.settle()
    assert platform.streams.load(SHOP).state.status is Status.HELD


def test_what_an_operator_resumes_is_not_paused_again_for_the_same_reason():
    platform = a_platform()
    stop(platform, Status.HELD)
    leave(platform)
    platform.tenant("other", {"configuration_set": "other-shop", "identities": [DOMAIN]})
    platform.settle()
    shop = platform.streams.load(SHOP)
    platform.streams.save(replace(shop, state=shop.state.resumed(platform.now), turned_off=False, switch_due=""))
    platform.tenant("other", {"configuration_set": "other-shop", "identities": [DOMAIN], "tags": {"plan": "pro"}})
    platform.settle()
    assert platform.streams.load(SHOP).state.status is Status.PROBATION


def test_an_identity_that_moves_to_another_set_of_its_tenant_takes_the_pause_along():
    platform = a_platform()
    stop(platform, Status.PAUSED)
    platform.tenant("acme", "acme-news", {"configuration_set": "a-fresh", "identities": [DOMAIN]})
    platform.settle()
    assert platform.streams.load(HOME._replace(configuration_set="a-fresh")).state.status is Status.PAUSED
    assert platform.streams.load(NEWS).state.status is Status.PAUSED


def test_a_pause_that_is_news_to_a_set_there_already_turns_it_off():
    platform = a_platform()
    stop(platform, Status.PAUSED)
    leave(platform)
    platform.ses.add_set("other-shop")
    platform.tenant("other", {"configuration_set": "other-shop", "identities": [DOMAIN], "adopt": True})
    platform.settle()
    assert platform.streams.load(SHOP).switch_due == "off"


def test_strikes_follow_an_identity_and_a_stream_with_no_pause_starts_on():
    platform = a_platform()
    record = platform.streams.load(NEWS)
    strikes = (platform.now - timedelta(days=29), platform.now - timedelta(days=3))
    platform.streams.save(replace(record, state=StreamState(strikes=strikes)))
    leave(platform, days=2)
    platform.tenant("other", {"configuration_set": "other-shop", "identities": [DOMAIN]})
    platform.settle()
    assert platform.streams.load(SHOP).state.strikes == strikes[1:]
    assert sends(platform, "other-shop")


def test_probation_goes_on_from_its_beginning():
    platform = a_platform()
    record = platform.streams.load(NEWS)
    state = StreamState(status=Status.PROBATION, since=platform.now, counted_from=platform.now, strikes=(platform.now,))
    platform.streams.save(replace(record, state=state))
    leave(platform, days=6)
    platform.tenant("acme", "acme-news")
    platform.settle()
    back = platform.streams.load(NEWS).state
    assert back.status is Status.PROBATION
    assert back.since is not None
    assert platform.now - back.since < timedelta(hours=2)


def test_what_is_older_than_strikes_are_remembered_is_forgotten():
    platform = a_platform()
    stop(platform, Status.HELD)
    leave(platform, days=31)
    platform.tenant("acme", {"configuration_set": "acme-news", "identities": [DOMAIN]})
    platform.settle()
    back = platform.streams.load(NEWS)
    assert (back.state.status, back.state.strikes, back.turned_off) == (Status.HEALTHY, (), False)
    assert sends(platform, "acme-news")


def test_a_pause_that_was_only_observed_turns_nothing_off():
    state = StreamState(status=Status.PAUSED, since=NOW, origin=Origin.GUARD, left=NOW)
    observed = StreamRecord(NEWS, 3, state, Policy(mode=Mode.OBSERVE))
    assert not carry_over(observed, [], NOW).off
    assert carry_over(replace(observed, stream=SHOP, state=StreamState()), [observed], NOW).now.state == StreamState()


def test_who_was_refused_an_identity_leaves_nothing_to_its_owner():
    platform = Platform()
    platform.ses.add_identity("victim.example", default="victims-choice")
    platform.tenant("mallory", {"configuration_set": "mallory-1", "identities": ["victim.example"]})
    platform.settle()
    stop(platform, Status.HELD, HOME._replace(configuration_set="mallory-1"))
    leave(platform, "mallory")
    platform.ses.identities["victim.example"] = {}
    platform.tenant("victim", {"configuration_set": "victim-mail", "identities": ["victim.example"]})
    platform.settle()
    assert platform.streams.load(HOME._replace(configuration_set="victim-mail")).state.status is Status.HEALTHY


def test_a_crash_at_any_step_loses_no_pause():
    for crash in range(1, 60):
        platform = a_platform()
        stop(platform, Status.HELD)
        leave(platform)
        steps = iter(range(1, 1_000))

        def hook(_: str, steps=steps, crash=crash) -> None:
            if next(steps) == crash:
                raise RuntimeError

        platform.hook_all(hook)
        try:
            platform.tenant("other", {"configuration_set": "other-shop", "identities": [DOMAIN]})
            platform.settle()
        except RuntimeError:
            platform.register("other")
        platform.hook_all(no_hook)
        platform.settle()
        assert platform.streams.load(SHOP).state.status is Status.HELD, crash
        assert not sends(platform, "other-shop"), crash
