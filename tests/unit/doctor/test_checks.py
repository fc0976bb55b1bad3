"""Each check finds what it is named after and says on what; where nothing is wrong it finds nothing."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from sesguard.doctor.check import CheckOutcome, Severity
from sesguard.doctor.facts import (
    AlarmFacts,
    DeploymentHome,
    FunctionFacts,
    IdentityFacts,
    OffRecord,
    PoolFacts,
    QueueFacts,
    RegisteredStream,
    SesTenantFacts,
    SetFacts,
    SourceFacts,
    SubscriptionFacts,
    Versions,
)
from sesguard.doctor.run import CHECKS, find_checks, run_checks
from sesguard.errors import AwsError
from tests.unit.doctor.twins import (
    ACCOUNT,
    FINE,
    HOME,
    NO_TLS,
    NOW,
    OPERATOR_TOPIC,
    PUBLISHES,
    REGION,
    TOPIC,
    Twin,
    allows,
    broken,
)

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
LAYER = f"arn:aws:lambda:x:{ACCOUNT}:layer:sesguard-code:"
CASES: tuple[tuple[str, dict[str, Any], str, Severity], ...] = (
    ("sandbox", {"quota": FINE._replace(production=False, max_24_hours=200)}, "200 mails a day", WARNING),
    ("quota", {"quota": FINE._replace(sent_24_hours=35_000)}, "35,000 of 50,000 mails (70%)", WARNING),
    ("quota", {"quota": FINE._replace(sent_24_hours=45_000)}, "(90%)", ERROR),
    ("enforcement", {"quota": FINE._replace(enforcement="PROBATION")}, "PROBATION", ERROR),
    ("enforcement", {"quota": FINE._replace(enforcement="SHUTDOWN")}, "SHUTDOWN", ERROR),
    ("enforcement", {"quota": FINE._replace(sending=False)}, "off for the whole account", ERROR),
    ("clock", {"quota": FINE._replace(asked=NOW + timedelta(seconds=90))}, "90 s ahead of AWS's", WARNING),
    ("clock", {"quota": FINE._replace(asked=NOW - timedelta(seconds=400))}, "400 s behind AWS's", WARNING),
)


def home(**changed: Any) -> DeploymentHome:
    parts = {name: getattr(HOME, name) for name in HOME.__slots__}
    return DeploymentHome(**{**parts, **changed})


STREAM = f"{ACCOUNT}/{REGION}/acme-news"
MORE: tuple[tuple[str, dict[str, Any], str, Severity], ...] = (
    ("notice-sender", {"home": home(parameters={})}, "is empty", WARNING),
    ("notice-sender", {"found_identities": ()}, "is an identity of SES", ERROR),
    ("notice-sender", {"found_identities": (IdentityFacts("platform.example", False, ""),)}, "not verified", ERROR),
    ("notice-sender", {"notices": None}, "is gone", ERROR),
    ("notice-sender", {"notices": SetFacts("notices", False, False, ())}, "is off", ERROR),
    ("operator", {"found_subscriptions": {**Twin().found_subscriptions, OPERATOR_TOPIC: []}}, "nobody", ERROR),
    (
        "operator",
        {"found_subscriptions": {OPERATOR_TOPIC: [SubscriptionFacts("who@x.example", False)]}},
        "1 of 1 subscriptions wait",
        ERROR,
    ),
    ("destinations", {"found_sets": (SetFacts("acme-news", True, True, ()),)}, "publishes nothing", ERROR),
    (
        "destinations",
        {"found_sets": (SetFacts("acme-news", True, True, (PUBLISHES[0]._replace(enabled=False),)),)},
        "switched off",
        ERROR,
    ),
    (
        "destinations",
        {"found_sets": (SetFacts("a", True, True, (PUBLISHES[0]._replace(events=frozenset({"BOUNCE"})),)),)},
        "leaves out COMPLAINT, SEND",
        ERROR,
    ),
    ("destinations", {"all_sets": 9_000}, "1 of 9,000 were looked at", NOTE),
    ("reputation-metrics", {"found_sets": (SetFacts("acme-news", True, False, PUBLISHES),)}, "metrics are off", NOTE),
    ("default-sets", {"found_identities": (IdentityFacts("loose.example", True, ""),)}, "loose.example", WARNING),
    ("unseen-mail", {"mails": 1_000, "volume": 800}, "20%", WARNING),
    ("registry", {"found_sets": ()}, "not in SES", ERROR),
    (
        "registry",
        {"found_registered": (RegisteredStream(STREAM, "acme", "shared", "no such identity"),)},
        "no such identity",
        ERROR,
    ),
    ("registry", {"found_sets": (SetFacts("acme-news", False, True, PUBLISHES),)}, "is off in SES", WARNING),
    (
        "registry",
        {"found_sets": (*Twin().found_sets, SetFacts("nobodys", True, True, PUBLISHES))},
        "are no tenant's",
        NOTE,
    ),
    ("ses-tenants", {"found_tenants": (SesTenantFacts("acme", "standard"),)}, "standard", NOTE),
    ("ses-tenants", {"found_tenants": (SesTenantFacts("acme", "strict"),)}, "strict", WARNING),
    ("pools", {"found_pools": (PoolFacts("dry", 0),)}, "has no address", NOTE),
    (
        "pools",
        {"found_pools": (PoolFacts("dry", 0),), "found_registered": (RegisteredStream(STREAM, "acme", "dry"),)},
        "1 streams are to send from it",
        ERROR,
    ),
    (
        "elsewhere",
        {"found_registered": (RegisteredStream(f"{ACCOUNT}/us-east-1/news", "acme", "shared"),)},
        "1 streams",
        NOTE,
    ),
    ("policies", {"topic_statements": {**Twin().topic_statements, TOPIC: [NO_TLS]}}, "ses.amazonaws.com", ERROR),
    ("policies", {"queue_statements": []}, "sns.amazonaws.com", ERROR),
    (
        "policies",
        {"found_subscriptions": {**Twin().found_subscriptions, TOPIC: []}},
        "SesEventsQueue is not subscribed",
        ERROR,
    ),
    ("sources", {"found_sources": (SourceFacts("ingest", "events", "Disabled"),)}, "disabled", ERROR),
    ("sources", {"rules_off": ("NotifyRule",)}, "NotifyRule", ERROR),
    ("throttled", {"found_functions": (FunctionFacts("ingest", 1, 0, 0, ()),)}, "may not run at all", ERROR),
    ("throttled", {"found_functions": (FunctionFacts("ingest", 1, 7, None, ()),)}, "throttled 7 times", WARNING),
    ("dead-letters", {"found_queues": (QueueFacts("AlarmDeadLetters", 2, None),)}, "2 messages", ERROR),
    ("queue-ages", {"found_queues": (QueueFacts("AlarmQueue", 2, 660.0),)}, "11 minutes", WARNING),
    ("sweep", {"found_functions": (FunctionFacts("sesguard-SweepFunction-1", 0, 0, None, ()),)}, "not run", ERROR),
    ("alarms", {"found_alarms": (AlarmFacts("sesguard-x", False, ("a",)),)}, "switched off", ERROR),
    ("alarms", {"found_alarms": (AlarmFacts("sesguard-sesguard-x", True, ()),)}, "has no action", ERROR),
    (
        "alarms",
        {"found_alarms": tuple(AlarmFacts(f"other-{n}", False, ()) for n in range(4_500))},
        "4,500 of 5,000",
        WARNING,
    ),
    ("sending-access", {"found_senders": (Twin().found_senders[0]._replace(any_set=True),)}, "user/acme", WARNING),
    ("versions", {"versions": Versions("2.0.0", "1.0.0", (1, 43))}, "is 1.0.0, this command line is 2.0.0", WARNING),
    ("versions", {"versions": Versions("2.0.0", "", (1, 43))}, "does not say its version", WARNING),
    ("versions", {"versions": Twin().versions._replace(sdk=(1, 38, 2))}, "is 1.38.2", WARNING),
    (
        "versions",
        {"found_functions": tuple(FunctionFacts(f"f{n}", 1, 0, None, (f"{LAYER}{n}",)) for n in range(2))},
        "2 versions of the guard's code",
        ERROR,
    ),
)


@pytest.mark.parametrize(("name", "facts", "said", "severity"), [*CASES, *MORE])
def test_what_is_wrong_is_found(name: str, facts: dict[str, Any], said: str, severity: Severity) -> None:
    (result,) = run_checks(find_checks([name]), broken(**facts).deployment())
    assert any(said in f"{each.subject} {each.problem}" for each in result.findings), result
    assert result.severity is severity
    assert result.attention is (severity is not NOTE)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_on_a_deployment_on_which_nothing_is_wrong_nothing_is_found(check: Any) -> None:
    (result,) = run_checks([check], Twin().deployment())
    assert (result.outcome, result.findings) == (CheckOutcome.PASSED, ())


def test_every_check_is_broken_by_a_test() -> None:
    assert {name for name, *_ in (*CASES, *MORE)} == {each.name for each in CHECKS}


def test_ids_and_names_are_each_checks_own() -> None:
    counts = Counter([each.id for each in CHECKS] + [each.name for each in CHECKS])
    assert set(counts.values()) == {1}


def test_a_set_that_the_guard_has_paused_is_not_somebody_elses_doing() -> None:
    twin = broken(found_sets=(SetFacts("acme-news", False, True, PUBLISHES),), off=(OffRecord(STREAM, off=True),))
    (result,) = run_checks(find_checks(["registry"]), twin.deployment())
    assert result.findings == ()


def test_the_guards_own_set_is_none_of_the_tenants() -> None:
    twin = broken(found_sets=(*Twin().found_sets, SetFacts("notices", True, False, ())))
    results = run_checks(find_checks(["destinations", "reputation-metrics", "registry"]), twin.deployment())
    assert [each.outcome for each in results] == [CheckOutcome.PASSED] * 3


def test_a_deny_beats_an_allow_and_a_condition_of_another_account_lets_nobody_in() -> None:
    statements = Twin().topic_statements
    deny = {**statements[TOPIC][0], "Effect": "Deny"}
    other = allows("ses.amazonaws.com", "sns:Publish", TOPIC, HOME.arn("ses", "configuration-set/*"))
    other["Condition"]["StringEquals"] = {"aws:SourceAccount": "999999999999"}
    for changed in ([*statements[TOPIC], deny], [other]):
        twin = broken(topic_statements={**statements, TOPIC: changed})
        (result,) = run_checks(find_checks(["policies"]), twin.deployment())
        assert [each.subject for each in result.findings] == ["SesEventsTopic"]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("AccessDeniedException", CheckOutcome.NOT_PERMITTED),
        ("AccessDenied", CheckOutcome.NOT_PERMITTED),
        ("AuthorizationError", CheckOutcome.NOT_PERMITTED),
        ("InternalFailure", CheckOutcome.NOT_MADE),
        ("EndpointConnectionError", CheckOutcome.NOT_MADE),
    ],
)
def test_a_check_that_cannot_be_made_says_so_and_the_rest_are_made(code: str, outcome: CheckOutcome) -> None:
    class Denied(Twin):
        def account(self) -> Any:
            raise AwsError("GetAccount", code, retryable=False)

    results = {each.check.name: each for each in run_checks(CHECKS, Denied().deployment())}
    assert len(results) == len(CHECKS)
    unmade = {name for name, each in results.items() if each.outcome is outcome}
    assert unmade == {"sandbox", "quota", "enforcement", "clock"}
    assert all(each.attention == (name in unmade) for name, each in results.items())


def test_an_unlimited_quota_is_never_used_up() -> None:
    twin = broken(quota=FINE._replace(max_24_hours=-1, sent_24_hours=10**9))
    (result,) = run_checks(find_checks(["quota"]), twin.deployment())
    assert result.outcome is CheckOutcome.PASSED
