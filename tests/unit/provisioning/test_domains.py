"""Identities that the guard makes: asked for records, waited for while nothing else waits, set up, taken away."""

from __future__ import annotations

from typing import Any

import pytest

from sesguard.provisioning.task import TaskState
from tests.fakes.onboarding import HOME, STACK, Platform
from tests.fakes.ses import arn

DAY = 86_400
NAME = "acme.example"
NEWS = HOME._replace(configuration_set="acme-news")
MADE = {"name": NAME, "create": True, "mail_from": f"bounce.{NAME}"}
CREATE, READ, DEFAULT, MAIL_FROM = (
    "create_email_identity",
    "get_email_identity",
    "put_email_identity_configuration_set_attributes",
    "put_email_identity_mail_from_attributes",
)


def acme(platform: Platform, *identities: Any, **stream: Any) -> None:
    platform.tenant("acme", {"configuration_set": "acme-news", "identities": list(identities), **stream})


def asked() -> Platform:
    """Acme, whose identity is made and whose records it was asked for."""
    platform = Platform()
    acme(platform, MADE)
    platform.settle()
    return platform


def verified() -> Platform:
    platform = asked()
    platform.ses.verify(NAME)
    later(platform, DAY)
    return platform


def later(platform: Platform, seconds: int) -> None:
    """Time goes by, hour after hour, with a worker in each."""
    for _ in range(max(1, seconds // 3_600)):
        platform.ses.sleep(3_600)
        platform.work()


def domain(platform: Platform) -> Any:
    return platform.rows.stored[f"@domain/{NAME}"]


def told(platform: Platform, occasion: str) -> list[Any]:
    return [it["detail"] for it in platform.bus.told.values() if it["detail"]["occasion"] == occasion]


def test_an_identity_is_made_with_the_guards_tag_and_its_owner_is_asked_for_the_records():
    platform = asked()
    assert platform.ses.tags[arn("identity", NAME)] == {"sesguard": STACK, "tenant": "acme"}
    (news,) = told(platform, "to_publish")
    assert (news["domain"], news["tenant"], news["configuration_sets"]) == (NAME, "acme", ["acme-news"])
    assert [(it["name"], it["type"], it["value"]) for it in news["records"]] == [
        (f"{token}._domainkey.{NAME}", "CNAME", f"{token}.dkim.amazonses.com") for token in ("a1", "b1", "c1")
    ] + [
        (f"bounce.{NAME}", "MX", "10 feedback-smtp.eu-west-1.amazonses.com"),
        (f"bounce.{NAME}", "TXT", "v=spf1 include:amazonses.com ~all"),
    ]


def test_waiting_for_dns_holds_nothing_up():
    platform = Platform()
    platform.ses.add_identity("other.example")
    acme(platform, MADE, "other.example", ses_tenant="acme")
    platform.settle()
    assert platform.row("acme-news").state is TaskState.DONE
    assert platform.ses.identities["other.example"] == {"ConfigurationSetName": "acme-news"}
    assert "ConfigurationSetName" not in platform.ses.identities[NAME]
    assert arn("identity", NAME) not in platform.ses.tenants["acme"]["resources"]
    assert domain(platform).waits_for_dns
    assert NAME in domain(platform).problem


def test_once_verified_it_gets_its_mail_from_and_is_its_streams_and_both_sides_hear_of_it_once():
    platform = asked()
    acme(platform, MADE, ses_tenant="acme")
    platform.settle()
    platform.ses.verify(NAME)
    later(platform, DAY)
    assert platform.ses.identities[NAME]["MailFromAttributes"]["MailFromDomain"] == f"bounce.{NAME}"
    assert platform.ses.identities[NAME]["ConfigurationSetName"] == "acme-news"
    assert arn("identity", NAME) in platform.ses.tenants["acme"]["resources"]
    assert domain(platform).state is TaskState.DONE
    assert platform.bus.occasions == ["to_publish", "ready"]
    later(platform, 30 * DAY)
    assert platform.bus.occasions == ["to_publish", "ready"]


def test_a_domain_that_is_ready_takes_no_more_calls():
    platform = verified()
    platform.calls()
    later(platform, DAY)
    assert platform.calls() == []


def test_records_that_stay_missing_are_reminded_of_after_three_days_and_after_two_weeks():
    platform = asked()
    later(platform, 2 * DAY)
    assert told(platform, "still_missing") == []
    later(platform, 2 * DAY)
    assert len(told(platform, "still_missing")) == 1
    later(platform, 30 * DAY)
    assert len(told(platform, "still_missing")) == 2
    assert told(platform, "still_missing")[0]["records"] == told(platform, "to_publish")[0]["records"]


def test_a_domain_that_waits_is_looked_at_hourly_and_after_three_days_four_times_a_day():
    platform = asked()
    later(platform, DAY)
    platform.calls()
    later(platform, DAY)
    assert 20 <= platform.calls().count(READ) <= 25
    later(platform, 3 * DAY)
    platform.calls()
    later(platform, DAY)
    assert 3 <= platform.calls().count(READ) <= 5


def test_where_ses_has_given_up_it_is_started_anew_once_a_day():
    platform = asked()
    platform.ses.give_up(NAME)
    later(platform, 2 * 3_600)
    assert platform.ses.identities[NAME]["VerificationStatus"] == "PENDING"
    platform.ses.give_up(NAME)
    platform.calls()
    later(platform, 10 * 3_600)
    assert "put_email_identity_dkim_signing_attributes" not in platform.calls()
    later(platform, DAY)
    assert platform.calls().count("put_email_identity_dkim_signing_attributes") == 1


def test_other_tokens_are_told_of_anew():
    platform = asked()
    platform.ses.identities[NAME]["DkimAttributes"]["Tokens"] = ["x", "y", "z"]
    later(platform, DAY)
    assert [news["records"][0]["name"] for news in told(platform, "to_publish")] == [
        f"a1._domainkey.{NAME}",
        f"x._domainkey.{NAME}",
    ]


def test_an_identity_that_others_made_is_never_changed_but_for_its_default_set():
    platform = Platform()
    platform.ses.add_identity(NAME, tags={"team": "web"})
    acme(platform, {"name": NAME, "create": True})
    platform.settle()
    assert platform.ses.identities[NAME] == {"ConfigurationSetName": "acme-news"}
    assert platform.ses.tags[arn("identity", NAME)] == {"team": "web"}
    platform.delete("acme")
    later(platform, 3_600)
    assert platform.ses.identities[NAME] == {}
    assert platform.bus.told == {}


def test_the_mail_from_of_an_identity_that_others_made_is_a_problem_that_says_so():
    platform = Platform()
    platform.ses.add_identity(NAME, tags={"sesguard": "another-stack"})
    acme(platform, MADE)
    platform.settle()
    assert domain(platform).state is TaskState.FAILED
    assert "was not made by the guard" in domain(platform).problem
    assert MAIL_FROM not in platform.calls()
    assert platform.ses.identities[NAME] == {"ConfigurationSetName": "acme-news"}


@pytest.mark.parametrize("ready", [True, False])
def test_it_goes_with_its_tenant_where_the_guard_made_it(ready: bool):
    platform = verified() if ready else asked()
    platform.delete("acme")
    later(platform, 3_600)
    assert platform.ses.identities == {}
    assert f"@domain/{NAME}" not in platform.rows.stored


def test_one_that_is_in_an_ses_tenant_goes_after_it():
    platform = asked()
    platform.ses.verify(NAME)
    acme(platform, MADE, ses_tenant="acme")
    later(platform, 3_600)
    assert arn("identity", NAME) in platform.ses.tenants["acme"]["resources"]
    platform.delete("acme")
    later(platform, 3_600)
    assert (platform.ses.identities, platform.ses.tenants) == ({}, {})


def test_one_that_somebody_gave_another_default_set_stays_when_the_tenant_leaves():
    platform = verified()
    platform.ses.add_set("theirs")
    platform.ses.identities[NAME]["ConfigurationSetName"] = "theirs"
    platform.delete("acme")
    later(platform, 3_600)
    assert platform.ses.identities[NAME]["ConfigurationSetName"] == "theirs"


def test_one_that_the_registry_goes_on_naming_without_create_stays():
    platform = verified()
    acme(platform, NAME)
    later(platform, DAY)
    assert platform.ses.identities[NAME]["ConfigurationSetName"] == "acme-news"
    assert f"@domain/{NAME}" not in platform.rows.stored


def test_a_new_mail_from_is_told_and_put():
    platform = verified()
    acme(platform, {"name": NAME, "create": True, "mail_from": f"mail.{NAME}"})
    later(platform, 3_600)
    assert platform.ses.identities[NAME]["MailFromAttributes"]["MailFromDomain"] == f"mail.{NAME}"


def test_an_identity_of_one_tenant_is_not_made_for_another():
    platform = asked()
    platform.tenant("shop", {"configuration_set": "shop-news", "identities": [MADE]})
    platform.settle()
    assert domain(platform).tenant == "acme"
    assert "is made for tenant acme" in platform.rows.problem_of("shop")
    platform.delete("acme")
    platform.settle()
    assert domain(platform).tenant == "shop"
    assert platform.rows.problem_of("shop") == ""
    assert platform.ses.tags[arn("identity", NAME)]["tenant"] == "shop"


def test_a_failing_bus_delays_the_question_and_not_the_stream():
    platform = Platform()

    def down(what: str) -> None:
        if what == "publish":
            raise RuntimeError(what)

    platform.bus.hook = down
    acme(platform, MADE)
    platform.settle()
    assert platform.row("acme-news").state is TaskState.DONE
    assert platform.bus.told == {}
    platform.bus.hook = lambda _: None
    later(platform, 2 * 3_600)
    assert platform.bus.occasions == ["to_publish"]
