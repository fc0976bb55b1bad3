"""One tenant's DKIM records disappear: its mail is refused, it is paused, its mail names them, and it comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.cloud import ACCOUNT, REGION
from localcloud.owner import acknowledge, link_in
from localcloud.setting_up import stream_of
from tests.cloud.conftest import Platform
from tests.fakes.dns_server import DnsServer, Zone
from tests.unit.posture.zones import KEY

pytestmark = pytest.mark.cloud
DOMAIN = "shoes-by-mail.example"
OWNER = "owner@shoe-owner.example"
DRILL = {"cool_down": "8s", "probation_mails": 100, "probation_for": "1s"}


@pytest.fixture
def dns(platform: Platform) -> Iterator[DnsServer]:
    """A name server that the deployed posture asks."""
    lambda_ = platform.cloud.client("lambda")
    function = platform.outputs["PostureFunctionName"]
    before = lambda_.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    with DnsServer({}) as server:
        asked = {**before, "POSTURE_RESOLVERS": f"127.0.0.1:{server.port}"}
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
    platform.wait_until(lambda: len(platform.mails_to(OWNER)) >= 2, "the owner is told of the pause and of the domain")
    pause, domain = sorted(platform.mails_to(OWNER), key=lambda mail: "_domainkey" in mail)
    assert "Your domain is the cause, not your list" in " ".join(pause.split())
    assert "Remove the addresses" not in pause
    for token in tokens:
        assert f"{token}._domainkey.{DOMAIN}" in "".join(domain.split())
    dns.resolver.zone = published
    link = link_in(pause)
    assert link
    acknowledge(link, "The DKIM records are published again.")
    platform.wait_until(lambda: platform.may_send(stream), "the stream is back")
    assert send(platform, stream, "fine")


def zone(tokens: list[str]) -> Zone:
    """The domain with all its records."""
    records: Zone = {
        (DOMAIN, "MX"): [f"10 mx.{DOMAIN}"],
        (DOMAIN, "A"): ["192.0.2.1"],
        (f"_dmarc.{DOMAIN}", "TXT"): ["v=DMARC1; p=reject"],
    }
    for token in tokens:
        records[f"{token}._domainkey.{DOMAIN}", "CNAME"] = [f"{token}.dkim.amazonses.com"]
        records[f"{token}.dkim.amazonses.com", "TXT"] = [f"p={KEY}"]
    return records


def a_registered_stream(platform: Platform) -> str:
    stream = platform.stream()
    tenant: dict[str, Any] = {
        "id": {"S": "shoes"},
        "contacts": {"L": [{"S": OWNER}]},
        "streams": {
            "L": [
                {
                    "M": {
                        "account": {"S": ACCOUNT},
                        "region": {"S": REGION},
                        "configuration_set": {"S": stream},
                        "identities": {"L": [{"S": DOMAIN}]},
                        "adopt": {"BOOL": True},
                    }
                }
            ]
        },
    }
    platform.dynamodb.put_item(TableName=platform.outputs["TenantsTableName"], Item=tenant)
    platform.wait_until(lambda: platform.item(stream).get("tenant", {}).get("S") == "shoes", "it is registered")
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
