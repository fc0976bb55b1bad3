"""One tenant's DKIM records disappear: its mail is refused, it is paused, its mail names them, and it comes back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from localcloud.cloud import ACCOUNT, REGION
from localcloud.owner import acknowledge, link_in
from localcloud.setting_up import stream_of
from sesguard.provisioning.task import DOMAIN as DOMAIN_TASK
from tests.cloud.conftest import Platform
from tests.fakes.dns_server import DnsServer, Zone
from tests.unit.posture.zones import KEY

pytestmark = pytest.mark.cloud
DOMAIN = "shoes-by-mail.example"
OWNER = "owner@shoe-owner.example"
SOCKS, SOCKS_OWNER, MADE_OWNER = "socks-by-mail.example", "owner@sock-owner.example", "owner@made-owner.example"
VERIFICATION_TAG = "localcloud:verification"
"""Of the local cloud: see localcloud/gaps/ses_identities.py."""
DRILL = {"cool_down": "8s", "probation_mails": 100, "probation_for": "1s"}


@pytest.fixture
def dns(platform: Platform) -> Iterator[DnsServer]:
    """A name server that the deployed posture asks."""
    lambda_ = platform.cloud.client("lambda")
    function = platform.outputs["PostureFunctionName"]
    before = lambda_.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    with DnsServer({}) as server:
        asked = {**before, "POSTURE_RESOLVERS": f"127.0.0.1:{server.port}", "POSTURE_LOOKS": "1"}
        lambda_.update_function_configuration(FunctionName=function, Environment={"Variables": asked})
        yield server
        lambda_.update_function_configuration(FunctionName=function, Environment={"Variables": before})


def test_a_dkim_record_that_is_gone_is_named_in_the_mail_and_publishing_it_brings_the_tenant_back(
    platform: Platform, dns: DnsServer
) -> None:
    tokens = platform.ses.create_email_identity(EmailIdentity=DOMAIN)["DkimAttributes"]["Tokens"]
    published = zone(tokens)
    dns.resolver.zone = {key: value for key, value in published.items() if "_domainkey" not in key[0]}
    stream = a_registered_stream(platform)
    assert send(platform, stream, "unsigned")
    platform.wait_until(lambda: not platform.may_send(stream), "the stream is paused")
    pause = mail_that_says(platform, "Your domain is the cause, not your list")
    domain = mail_that_says(platform, "_domainkey")
    assert "Remove the addresses" not in pause
    for token in tokens:
        assert f"{token}._domainkey.{DOMAIN}" in "".join(domain.split())
    dns.resolver.zone = published
    link = link_in(pause)
    assert link
    acknowledge(link, "The DKIM records are published again.")
    platform.wait_until(lambda: platform.may_send(stream), "the stream is back")
    assert send(platform, stream, "fine")


def test_a_stream_whose_domain_is_going_to_be_refused_is_watched_before_it_sends_anything(
    platform: Platform, dns: DnsServer
) -> None:
    tokens = platform.ses.create_email_identity(EmailIdentity=SOCKS)["DkimAttributes"]["Tokens"]
    published = zone(tokens, SOCKS)
    dns.resolver.zone = {key: value for key, value in published.items() if "_domainkey" not in key[0]}
    stream = a_registered_stream(platform, "socks", SOCKS, SOCKS_OWNER)
    look_at(platform, SOCKS)
    platform.wait_until(lambda: platform.status(stream) == "watched", "the stream is watched")
    platform.wait_until(lambda: platform.mails_to(SOCKS_OWNER), "the owner is told of the domain")
    assert platform.may_send(stream)
    dns.resolver.zone = published
    forget_answers(platform)
    platform.wait_until(partial(is_healthy_at_a_look, platform, stream), "the stream is healthy again")
    assert all("is at risk" not in mail for mail in platform.mails_to(SOCKS_OWNER))


def test_an_identity_of_the_registry_is_made_asked_for_its_records_and_set_up_once_verified(platform: Platform) -> None:
    name, stream, mail_from = "made-by-guard.example", "made-news", "bounce.made-by-guard.example"

    def register(**tags: str) -> None:
        identity = {"M": {"name": {"S": name}, "create": {"BOOL": True}, "mail_from": {"S": mail_from}}}
        put_tenant(
            platform, "made", MADE_OWNER, {"configuration_set": {"S": stream}, "identities": {"L": [identity]}}, tags
        )

    def identity() -> Any:
        names = [it["IdentityName"] for it in platform.ses.list_email_identities()["EmailIdentities"]]
        return platform.ses.get_email_identity(EmailIdentity=name) if name in names else {}

    register(**{VERIFICATION_TAG: "PENDING"})
    asked = "".join(mail_that_says(platform, "_domainkey", MADE_OWNER).split())
    for token in identity()["DkimAttributes"]["Tokens"]:
        assert f"{token}._domainkey.{name}" in asked
    assert f"feedback-smtp.{REGION}.amazonses.com" in asked
    assert "ConfigurationSetName" not in identity()
    register(**{VERIFICATION_TAG: "SUCCESS"})
    task = f"{DOMAIN_TASK}{name}"
    platform.wait_in_haste(
        task, lambda: identity().get("ConfigurationSetName") == stream, "it sends with its stream's set"
    )
    assert identity()["MailFromAttributes"]["MailFromDomain"] == mail_from
    mail_that_says(platform, "is ready to send", MADE_OWNER)
    platform.dynamodb.delete_item(TableName=platform.outputs["TenantsTableName"], Key={"id": {"S": "made"}})
    sets = platform.ses.list_configuration_sets
    platform.wait_in_haste(
        str(stream_of(stream)), lambda: stream not in sets()["ConfigurationSets"], "its set is gone with its tenant"
    )
    platform.wait_in_haste(task, lambda: not identity(), "and so is it")


def mail_that_says(platform: Platform, words: str, owner: str = OWNER) -> str:
    """Wait for the owner's mail with these words: mails come in any order, and a reminder may be among them."""

    def found() -> list[str]:
        return [mail for mail in platform.mails_to(owner) if words in " ".join(mail.split())]

    platform.wait_until(found, f"the owner is told: {words}")
    return found()[0]


def is_healthy_at_a_look(platform: Platform, stream: str) -> bool:
    """Whether it is, having had posture look once more."""
    look_at(platform, SOCKS)
    time.sleep(5)
    return platform.status(stream) == "healthy"


def forget_answers(platform: Platform) -> None:
    """Start posture anew once it has nothing to do: it keeps what a resolver said for a minute and more."""
    platform.wait_until(lambda: not platform.waiting(platform.outputs["PostureQueueUrl"]), "posture is idle")
    lambda_ = platform.cloud.client("lambda")
    function = platform.outputs["PostureFunctionName"]
    variables = lambda_.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    anew = {**variables, "POWERTOOLS_LOG_LEVEL": "INFO"}
    lambda_.update_function_configuration(FunctionName=function, Environment={"Variables": anew})


def look_at(platform: Platform, domain: str) -> None:
    """Have posture look, once and for all; another look is weeks away."""
    body = json.dumps({"posture": {"names": [domain], "refresh": True}})
    platform.cloud.client("sqs").send_message(QueueUrl=platform.outputs["PostureQueueUrl"], MessageBody=body)


def zone(tokens: list[str], domain: str = DOMAIN) -> Zone:
    """The domain with all its records."""
    records: Zone = {
        (domain, "MX"): [f"10 mx.{domain}"],
        (domain, "A"): ["192.0.2.1"],
        (f"_dmarc.{domain}", "TXT"): ["v=DMARC1; p=reject"],
    }
    for token in tokens:
        records[f"{token}._domainkey.{domain}", "CNAME"] = [f"{token}.dkim.amazonses.com"]
        records[f"{token}.dkim.amazonses.com", "TXT"] = [f"p={KEY}"]
    return records


def put_tenant(platform: Platform, tenant: str, owner: str, stream: dict[str, Any], tags: dict[str, str]) -> None:
    where = {"account": {"S": ACCOUNT}, "region": {"S": REGION}}
    item: dict[str, Any] = {
        "id": {"S": tenant},
        "contacts": {"L": [{"S": owner}]},
        "tags": {"M": {key: {"S": value} for key, value in tags.items()}},
        "streams": {"L": [{"M": {**where, **stream}}]},
    }
    platform.dynamodb.put_item(TableName=platform.outputs["TenantsTableName"], Item=item)


def a_registered_stream(platform: Platform, tenant: str = "shoes", domain: str = DOMAIN, owner: str = OWNER) -> str:
    stream = platform.stream()
    identities = {"L": [{"S": domain}]}
    adopted = {"configuration_set": {"S": stream}, "identities": identities, "adopt": {"BOOL": True}}
    put_tenant(platform, tenant, owner, adopted, {})
    platform.wait_until(lambda: platform.item(stream).get("tenant", {}).get("S") == tenant, "it is registered")
    platform.dynamodb.update_item(
        TableName=platform.outputs["StreamsTableName"],
        Key={"stream": {"S": str(stream_of(stream))}},
        UpdateExpression="SET #p = :p",
        ExpressionAttributeNames={"#p": "policy"},
        ExpressionAttributeValues={":p": {"S": json.dumps(DRILL)}},
    )
    return stream


def send(platform: Platform, stream: str, fate: str) -> bool:
    platform.ses.send_email(
        FromEmailAddress=f"news@{DOMAIN}",
        ConfigurationSetName=stream,
        Destination={"ToAddresses": [f"{fate}-{number}@domain-{number % 6}.example" for number in range(48)]},
        Content={"Simple": {"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello."}}}},
    )
    return True
