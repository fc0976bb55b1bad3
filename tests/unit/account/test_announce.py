"""What the operator reads when the account is at risk."""

from __future__ import annotations

from typing import Any

import pytest

from sesguard.account.shield import shield
from sesguard.policy import Mode
from tests.fakes.account import AccountScene, account_alarm
from tests.fakes.clock import MINUTE, NOW
from tests.fakes.enforcing import enforce
from tests.fakes.notify import NotifyScene


class Told:
    """The operator's topic, at which a platform's shield is heard."""

    def __init__(self, scene: AccountScene, **fields: Any) -> None:
        shield(scene.memory.deps, scene.shield, NOW + MINUTE)
        self.scene = NotifyScene()
        self.sent = self.scene.sent
        self.event = next(it for it in scene.memory.bus.events if it["type"] == "Account At Risk")
        self.again(**fields)

    def again(self, **fields: Any) -> None:
        self.scene.notify({**self.event, "detail": {**self.event["detail"], **fields}})

    @property
    def text(self) -> str:
        ((subject, text),) = self.sent.told
        return f"{subject}\n{text}"

    @property
    def flowing(self) -> str:
        """The text without its line breaks."""
        return " ".join(self.text.split())


def a_scene(mode: Mode = Mode.OBSERVE) -> AccountScene:
    scene = AccountScene(mode)
    scene.sent("good", 70_000, bounces=500)
    scene.sent("bad", 10_000, bounces=1_000)
    scene.sent("worse", 20_000, bounces=3_000)
    enforce(scene.memory.deps, account_alarm(NOW), NOW)
    return scene


def test_it_says_the_rates_the_lines_the_alarm_and_how_many_mails():
    told = Told(a_scene())
    text = told.flowing
    assert told.text.startswith("[sesguard] The account nears SES's limits: bounce rate 4.5 %\n")
    assert "Bounce rate 4.5 % over 24 h: 4,500 of 100,000 mails. At risk from 4 %, reviewed from 5 %." in text
    assert "account-Reputation.BounceRate: Threshold Crossed" in text


def test_it_names_the_worst_in_order_with_what_pausing_each_would_bring():
    text = Told(a_scene()).flowing
    assert "1. worse: 3,000 bounces of 20,000 mails; paused, the account goes on at bounce rate 1.9 %." in text
    assert "2. bad: 1,000 bounces of 10,000 mails; paused, the account goes on at bounce rate 0.71 %." in text


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (Mode.OBSERVE, "nobody is paused for it. These would clear it: worse."),
        (Mode.ENFORCE, "The guard pauses, as far as it may within an hour: worse."),
    ],
)
def test_it_says_what_happens_next(mode, said):
    assert said in Told(a_scene(mode)).flowing


def test_unattributed_mail_is_named_as_what_cannot_be_paused_with_the_identities():
    scene = a_scene()
    scene.sent("", 4_000, bounces=3_900)
    text = Told(scene).flowing
    assert "mail without a configuration set: 3,900 bounces of 4,000 mails; the guard cannot pause it." in text
    assert "Identities without a default configuration set (3 of 3 looked at): shop.example." in text


def test_where_the_guard_sees_nobody_it_says_to_look_at_what_it_does_not_see():
    scene = AccountScene()
    scene.sent("good", 70_000, bounces=500)
    enforce(scene.memory.deps, account_alarm(NOW), NOW)
    assert "look at the mail that it does not see" in Told(scene).flowing


def test_it_is_told_once_however_often_the_event_comes():
    told = Told(a_scene())
    told.again()
    assert len(told.sent.told) == 1
    assert told.sent.mails == []


def test_no_text_from_outside_can_start_a_line_of_its_own():
    hostile = "x\nSubject: y\u202e\x1b[31m"
    alarms = [{"name": hostile, "kinds": ["bounces"], "since": "2026-11-21T18:00:00.000000Z", "reason": hostile}]
    told = Told(a_scene(), alarms=alarms, region=hostile)
    assert "\nSubject: y" not in told.text
    assert not {"\u202e", "\x1b"} & set(told.text)
