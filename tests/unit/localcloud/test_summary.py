"""How a run ends: red for what the guard decided wrong or left undone, unless the machine is too slow to say."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console

from localcloud.life import DECISIONS, is_on_its_way, is_right
from localcloud.mailbox import GuardMail
from localcloud.player import Tally
from localcloud.receiver import Call
from localcloud.scenario import LEADS, PLANET
from localcloud.summary import Outcome, Result, show

TENANTS = (LEADS, PLANET)
RIGHT = Result(
    tallies={LEADS.id: Tally(100, 20, 30, 12.0), PLANET.id: Tally(100, 1)},
    began=0.0,
    mails=[GuardMail(LEADS.owner, "Paused", "Why", "<p>Why")],
    operator=[],
    spoken=[],
    link="http://127.0.0.1/acknowledge",
    calls=[Call(True, {"type": "Tenant Paused"})],
    probes=[1.9, 2.8],
    waited=[],
    wrong=[],
    late=0.5,
    busiest=1.0,
    stretch=1.0,
    too_slow=False,
    limit=45.0,
)


def ended(result: Result) -> tuple[Outcome, str]:
    console = Console(file=io.StringIO(), width=200)
    outcome = show(console, TENANTS, result)
    return outcome, console.file.getvalue()


def with_tallies(**tallies: Tally) -> Result:
    return replace(RIGHT, tallies={**RIGHT.tallies, **{name.replace("_", "-"): it for name, it in tallies.items()}})


def test_all_as_it_should_be():
    outcome, text = ended(RIGHT)
    assert outcome is Outcome.RIGHT
    assert "✓ 1 bad tenants paused, 1 good ones left alone, owners told." in text
    assert "slow" not in text


WRONG = [
    (with_tallies(daily_planet=Tally(90, 1, 10, 5.0)), "Daily Planet should not have been paused, but 10 mails were"),
    (replace(RIGHT, calls=[Call(False, {"type": "x"})]), "the webhook was called with a wrong signature"),
    (replace(RIGHT, wrong=["Shoe Outlet should have been …"]), "Shoe Outlet should have been"),
]
UNDONE = [
    (with_tallies(lead_shop=Tally(100, 20)), "Lead Shop should have been paused within 45 s after the last mail"),
    (replace(RIGHT, mails=[]), "Lead Shop's owner was told nothing within 45 s"),
    (replace(RIGHT, calls=[]), "the webhook was not called within 45 s"),
    (replace(RIGHT, link=""), "no owner could acknowledge"),
    (replace(RIGHT, probes=[1.0, None]), "1 of 2 probes were not paused within 45 s"),
    (replace(RIGHT, probes=[1.0, 11.0]), "p99 11.0 s > 10 s"),
    (
        replace(RIGHT, waited=["Shoe Outlet should have become held within 60 s, and did not"]),
        "should have become held",
    ),
]


@pytest.mark.parametrize(("result", "said"), [*WRONG, *UNDONE])
def test_what_is_wrong_or_undone_is_red(result, said):
    outcome, text = ended(result)
    assert outcome is Outcome.WRONG
    assert f"✗ {said}" in text or said in text


@pytest.mark.parametrize(("result", "said"), WRONG)
def test_no_machine_excuses_a_wrong_decision(result, said):
    outcome, text = ended(replace(result, too_slow=True, stretch=20.0, late=20.0))
    assert outcome is Outcome.WRONG
    assert said in text


@pytest.mark.parametrize(("result", "said"), [case for case in UNDONE if "p99" not in case[1]])
def test_a_machine_that_is_too_slow_to_say_is_said_to_be_so(result, said):
    outcome, text = ended(replace(result, too_slow=True, stretch=20.0, late=20.0))
    assert outcome is Outcome.UNKNOWN
    assert "too slow to say" in text
    assert "✗" not in text


def test_a_slow_machine_gets_more_time_and_is_said_to_be_slow():
    outcome, text = ended(replace(RIGHT, probes=[25.0], stretch=3.0, late=3.0))
    assert outcome is Outcome.RIGHT
    assert "a message took up to 3.0 s" in text
    assert "3.0 times the usual time" in text


@pytest.mark.parametrize(("stretch", "outcome"), [(1.9, Outcome.WRONG), (3.8, Outcome.RIGHT)])
def test_how_quick_the_guard_is_is_judged_where_the_machine_is_not_busy(stretch, outcome):
    slow = replace(RIGHT, probes=[44.0, 78.7], stretch=stretch)
    assert ended(slow)[0] is outcome
    assert ("how quick it is cannot be said here" in ended(slow)[1]) == (outcome is Outcome.RIGHT)
    assert ended(replace(slow, probes=[44.0, None]))[0] is Outcome.WRONG  # what never happened is red on any


def test_the_seventh_tenants_life():
    assert is_right(DECISIONS)
    assert is_right(("warn", *DECISIONS))
    assert is_right((*DECISIONS[:-1], "hold", "resume", "recover"))  # in the minute of the mail it was held for
    assert not is_right((*DECISIONS[:-1], "hold", "recover"))
    assert not is_right(DECISIONS[:-1])
    assert is_on_its_way(DECISIONS[:-1])
    assert is_on_its_way(("warn", "pause"))
    assert not is_on_its_way(("warn", "hold"))
    assert not is_on_its_way(("pause", "resume"))


def test_a_sender_tries_again_what_is_refused_and_counts_it_once():
    import threading

    from botocore.exceptions import ClientError

    from localcloud.player import Sender

    answers = iter([False, False, True])

    def send_email(**_):
        if not next(answers):
            raise ClientError({"Error": {"Code": "SendingPausedException"}}, "SendEmail")

    stop = threading.Event()
    sender = Sender(SimpleNamespace(send_email=send_email), LEADS, stop)
    stop.wait = lambda _: False  # no time goes by
    sender.send_until(["gone-1@a.example", "fine-2@a.example"], lambda: False)
    assert (sender.tally.accepted, sender.tally.bad, sender.tally.refused) == (2, 1, 2)
