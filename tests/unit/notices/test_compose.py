"""What notices say: what happened, the numbers, what happens next and when, and what to do."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from sesguard.bus.events import DetailType, OperatorNotice, Outcome
from sesguard.cli.notices.sample_transitions import AT, LINK
from sesguard.cli.notices.samples import samples
from sesguard.notices.compose import about_account, digest, for_operator, for_owner, from_guard
from sesguard.notices.states import NoticeState, state_of
from sesguard.notices.wording import Wording
from sesguard.notify.channel import TenantContacts

BUILT_IN = Wording.built_in()
SAMPLES = {sample.name: sample for sample in samples()}
ACME = TenantContacts("acme", "Acme Ltd", ())


def written(name: str):
    return SAMPLES[name].write(BUILT_IN)


def flowing(name: str) -> str:
    """The text without its line breaks."""
    return " ".join(written(name).text.split())


def test_every_state_has_a_sample():
    assert {sample.state for sample in SAMPLES.values()} == set(NoticeState)


NO_TRANSITIONS = {"Account At Risk", "Operator Notice", "Domain Posture", "Guard Heartbeat", "Paused Elsewhere"}


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("warned", "acme-news is at risk"),
        ("calm", "acme-news is no longer at risk"),
        ("paused", "Sending through acme-news is paused"),
        ("relapsed", "Sending through acme-news is paused again"),
        ("awaiting", "acme-news waits for your word"),
        ("resumed", "Sending through acme-news is turned on again, on probation"),
        ("held", "Sending through acme-news is stopped"),
        ("recovered", "acme-news has passed its probation"),
        ("paused_by_aws", "Amazon SES has stopped sending through acme-news"),
        ("released_by_aws", "Amazon SES lets acme-news send again"),
        ("observed", "Sending through acme-news would have been paused"),
        ("observed, a resume", "Sending through acme-news would have been turned on again, on probation"),
        ("paused, to the operator", "[sesguard] Sending through acme-news is paused"),
        ("paused, off already, to the operator", "[sesguard] Sending through acme-news was off already"),
        ("paused, unknown set, to the operator", "[sesguard] Sending through acme-news could not be paused"),
        ("awaiting, to the operator", "[sesguard] acme-news waits for its owner's word"),
        ("account_at_risk", "[sesguard] The account nears SES's limits: bounce rate 4.5 %"),
        ("operator_notice", "[sesguard] An alarm message paused nobody"),
        ("digest", "[sesguard] 28 notices at once: 1 stopped until you turn them on, 26 paused"),
    ],
)
def test_the_subject_says_what_happened(name, subject):
    assert written(name).subject == subject


def test_a_pause_says_why_in_numbers_and_how_likely_it_is_by_chance():
    text = flowing("paused")
    assert "Hello Acme Ltd," in text
    assert "paused since 21 November 2026, 18:00 UTC." in text
    assert (
        "Hard bounce rate 14.5 %, limit 5 %: 48 of 330 mails sent on 21 November 2026 from 17:55 to 18:00 UTC." in text
    )
    assert "If your true bounce rate were 5 %, this would happen less than once in a million." in text
    assert "Worst receiving domains: icloud.com 18, gmail.com 12," in text
    assert "Status codes: 5.1.1 45, 5.4.1 3." in text
    assert "21 more bounces at single domains were not counted." in text


def test_a_pause_says_what_is_next_and_what_to_do():
    text = flowing("paused")
    assert "Mail through this stream is refused from now on; other streams are not touched." in text
    assert "It comes back on probation, not before 21 November 2026, 19:00 UTC." in text
    assert "Remove the addresses that bounced" in text


def test_complaints_are_named_as_such_over_the_days_that_they_took():
    text = flowing("paused, asks for a word")
    assert "Complaint rate 0.72 %, limit 0.1 %: 31 of 4,310 mails" in text
    assert "from 20 November 2026, 22:00 UTC to 21 November 2026, 18:00 UTC" in text
    assert "Remove everybody who complained." in text


@pytest.mark.parametrize("name", ["paused, asks for a word", "relapsed", "awaiting", "held"])
def test_what_waits_for_the_owner_has_the_link_in_every_part(name):
    message = written(name)
    assert f"\n{LINK}\n" in message.text
    assert f'href="{LINK}"' in message.html
    assert message.card.link is not None
    assert message.card.link.url == LINK


@pytest.mark.parametrize("name", ["paused", "warned", "resumed", "observed", "paused, to the operator", "digest"])
def test_what_does_not_wait_for_the_owner_has_no_link(name):
    message = written(name)
    assert "://" not in message.text + message.html
    assert message.card.link is None


def test_without_a_page_the_owner_is_asked_to_write_to_the_operator():
    message = for_owner(SAMPLES["relapsed"].news, ACME.name, BUILT_IN)
    text = " ".join(message.text.split())
    assert "you have to say what was fixed to the operator of the platform" in text
    assert "write to the operator of the platform what you have fixed" in text


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "https://a.example/x y", "https://a.example/\n", 'https://a"b']
)
def test_a_link_that_is_no_plain_url_is_left_out(link):
    message = for_owner(SAMPLES["relapsed"].news, ACME.name, BUILT_IN, link)
    assert message.card.link is None
    assert "alert" not in message.html


def test_somebodys_alarm_is_quoted():
    assert 'CloudWatch alarm "acme-news BounceRate over 5 %": Threshold Crossed' in flowing(
        "paused, by somebody's alarm"
    )


def test_observe_says_what_would_have_been_and_asks_for_nothing():
    text = flowing("observed")
    assert "Sending through acme-news would have been paused." in text
    assert "it has changed nothing" in text
    assert "refused" not in text
    assert "What to do" not in text


def test_a_relapse_says_that_it_is_one_and_which():
    text = flowing("relapsed")
    assert "was on probation after its last pause" in text
    assert "this is pause 2 within a month" in text


def test_the_operator_reads_the_record_and_who_is_told():
    text = written("paused, to the operator").text
    assert "Hello" not in text
    for line in ("Tenant:   acme", "Owner:    2 told: mail, slack", "Outcome:  paused", "Strikes:  1"):
        assert f"\n{line}\n" in text


def test_the_operator_reads_why_a_pause_changed_nothing():
    assert "there is nothing to turn off" in flowing("paused, unknown set, to the operator")
    assert "Somebody else had turned sending off." in flowing("paused, off already, to the operator")


def test_the_account_names_the_worst_in_order_with_what_pausing_each_would_bring():
    text = flowing("account_at_risk")
    assert "Bounce rate 4.5 % over 24 h: 4,500 of 100,000 mails. At risk from 4 %, reviewed from 5 %." in text
    assert "Without the streams that are off already: bounce rate 4.3 %." in text
    first = (
        "1. lead-import (lead-shop): 3,000 bounces of 20,000 mails; paused, the account goes on at bounce rate 1.9 %."
    )
    assert first in text
    assert "3. mail without a configuration set: 390 bounces of 4,000 mails; the guard cannot pause it." in text
    assert "Identities without a default configuration set (40 of 52 looked at): shop.example, old.example." in text
    assert "The guard pauses, as far as it may within an hour: lead-import." in text


def test_an_account_without_anybody_to_pause_says_where_to_look():
    assert "look at the mail that it does not see" in flowing("account_at_risk, nobody to pause")


def test_a_digest_counts_every_state_and_names_the_worst_of_each():
    text = written("digest").text
    assert "28 things happened to 27 streams on 21 November 2026" in " ".join(text.split())
    assert text.index("1 stopped until you turn them on") < text.index("26 paused") < text.index("1 at risk")
    assert text.count("hard bounce rate 14.5 %") == 20 + 1
    assert "and 6 more." in text


def test_a_digest_of_nothing_can_be_written():
    assert digest((), BUILT_IN, AT).subject.startswith("[sesguard] 0 notices")


def test_a_notice_of_the_guards_own_keeps_its_lines():
    message = from_guard(OperatorNotice("1", "Look here", "First.\n\nSecond."), BUILT_IN)
    assert message.text.startswith("  First.\n\n  Second.\n")


@pytest.mark.parametrize("subject", ["", "\x00", " "])
def test_a_notice_without_a_subject_has_one_all_the_same(subject):
    assert from_guard(OperatorNotice("1", subject, ""), BUILT_IN).subject == "[sesguard] Notice"


def test_nothing_is_wrong_with_the_built_in_words():
    assert [sample.name for sample in SAMPLES.values() if sample.write(BUILT_IN).problems] == []


def test_lines_are_of_76_columns_where_words_allow():
    for sample in SAMPLES.values():
        long = [line for line in sample.write(BUILT_IN).text.split("\n") if len(line) > 78 and " " in line.strip()]
        assert [line for line in long if not line.startswith("Outcome:")] == [], sample.name


def paused(**changes):
    return msgspec.structs.replace(SAMPLES["paused"].news, **changes)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, NoticeState.PAUSED),
        ({"before": "probation"}, NoticeState.RELAPSED),
        ({"before": "probation", "outcome": Outcome.OFF_BY_AWS}, NoticeState.PAUSED_BY_AWS),
        ({"before": "probation", "outcome": Outcome.OBSERVED, "mode": "observe"}, NoticeState.OBSERVED),
        ({"outcome": Outcome.LEFT, "mode": "observe"}, NoticeState.OBSERVED),
        ({"outcome": Outcome.LEFT}, NoticeState.PAUSED),
        ({"outcome": Outcome.NOTED, "mode": "observe", "kind": DetailType.WARNED}, NoticeState.WARNED),
        ({"kind": DetailType.RESUMED, "outcome": Outcome.ON_BY_AWS}, NoticeState.RELEASED_BY_AWS),
        ({"kind": DetailType.HELD, "before": "probation"}, NoticeState.HELD),
    ],
)
def test_the_words_follow_from_the_event_its_outcome_and_what_was_before(changes, state):
    assert state_of(paused(**changes)) is state


@pytest.mark.parametrize("kind", [kind for kind in DetailType if kind not in NO_TRANSITIONS])
@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_event_with_every_outcome_can_be_told_to_both(kind, outcome):
    for mode in ("enforce", "observe"):
        news = paused(kind=kind, outcome=outcome, mode=mode, resumes_after=None, at=AT + timedelta(days=1))
        for message in (for_owner(news, ACME.name, BUILT_IN, LINK), for_operator(news, "told", BUILT_IN)):
            assert "acme-news" in message.subject


def test_the_same_account_notice_is_written_the_same():
    news = SAMPLES["account_at_risk"].news
    assert about_account(news, BUILT_IN) == about_account(news, Wording.built_in())


@pytest.mark.parametrize(
    ("cause", "says", "never"),
    [
        ("authentication", "Your domain is the cause, not your list", "Remove the addresses that bounced"),
        ("policy", "its reputation or their own rules", "Remove the addresses that bounced"),
        ("full", "Mailboxes are full", "imported a list"),
        ("content", "refuse what the mail holds", "Remove the addresses that bounced"),
        ("address", "Remove the addresses that bounced", "Your domain is the cause"),
        (None, "Remove the addresses that bounced", "Your domain is the cause"),
    ],
)
def test_the_advice_is_the_causes_own(cause, says, never):
    evidence = msgspec.structs.replace(
        SAMPLES["paused"].news.evidence, cause=cause, causes=((cause or "address", 3), ("other", 1))
    )
    text = " ".join(for_owner(paused(evidence=evidence), ACME.name, BUILT_IN, LINK).text.split())
    assert says in text
    assert never not in text
    assert ("75 % of these bounces" in text) == (cause is not None)
