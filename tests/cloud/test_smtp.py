"""``sesguard tenants smtp``: what its credentials may and may not do, as the local cloud's IAM and SES have it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud.cloud import ACCOUNT, REGION
from tests.cloud.command import sesguard
from tests.cloud.conftest import Platform

pytestmark = pytest.mark.cloud
DOMAIN, SET = "smtp-tenant.example", "smtp-tenant-news"


def smtp(platform: Platform, *words: str) -> subprocess.CompletedProcess[str]:
    return sesguard(platform.cloud.emulator.environment(), "tenants", "smtp", *words)


@pytest.fixture(scope="module")
def registered(platform: Platform) -> str:
    """A registered stream, its set made and the default of its identity."""
    platform.ses.create_email_identity(EmailIdentity=DOMAIN)
    stream = {
        "account": {"S": ACCOUNT},
        "region": {"S": REGION},
        "configuration_set": {"S": SET},
        "identities": {"L": [{"S": DOMAIN}]},
    }
    item: dict[str, Any] = {"id": {"S": "smtp-tenant"}, "streams": {"L": [{"M": stream}]}}
    item["contacts"] = {"L": [{"S": "owner@smtp-tenant.example"}]}
    platform.dynamodb.put_item(TableName=platform.outputs["TenantsTableName"], Item=item)

    def made() -> bool:
        return platform.ses.get_email_identity(EmailIdentity=DOMAIN).get("ConfigurationSetName") == SET

    platform.wait_until(made, "the identity has the set as its default")
    return SET


def keys_of(platform: Platform, user: str) -> list[str]:
    found = platform.cloud.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    return [each["AccessKeyId"] for each in found]


def test_its_credentials_send_by_their_own_set_and_by_no_other(platform: Platform, registered: str) -> None:
    done = smtp(platform, "create", registered, "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    key = made["credentials"]["username"]
    assert keys_of(platform, made["user"]) == [key]
    kept = platform.cloud.client("secretsmanager").get_secret_value(SecretId=made["secret"])["SecretString"]
    assert json.loads(kept) == made["credentials"]
    other = platform.stream()

    # IAM's own part, with the user's policy under a key whose secret is known here: SMTP is authorised as SendRawEmail.
    iam = platform.cloud.client("iam")
    api = iam.create_access_key(UserName=made["user"])["AccessKey"]
    ses = boto3.client(
        "sesv2",
        endpoint_url=platform.cloud.emulator.endpoint,
        region_name=REGION,
        aws_access_key_id=api["AccessKeyId"],
        aws_secret_access_key=api["SecretAccessKey"],
    )

    def send(sender: str, **more: Any) -> str:
        content = {"Simple": {"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello."}}}}
        try:
            ses.send_email(
                FromEmailAddress=sender, Destination={"ToAddresses": ["ada@inbox.example"]}, Content=content, **more
            )
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "sent"

    assert send(f"news@{DOMAIN}", ConfigurationSetName=registered) == "sent"
    assert send(f"news@{DOMAIN}") == "sent"  # by the identity's default, which is the same set
    assert "AccessDenied" in send(f"news@{DOMAIN}", ConfigurationSetName=other)
    assert "AccessDenied" in send("probe@lead-shop.example", ConfigurationSetName=registered)
    with pytest.raises(ClientError, match="AccessDenied"):
        ses.put_configuration_set_sending_options(ConfigurationSetName=registered, SendingEnabled=True)
    platform.ses.put_configuration_set_sending_options(ConfigurationSetName=registered, SendingEnabled=False)
    assert send(f"news@{DOMAIN}") == send(f"news@{DOMAIN}", ConfigurationSetName=registered) == "SendingPausedException"
    platform.ses.put_configuration_set_sending_options(ConfigurationSetName=registered, SendingEnabled=True)
    iam.delete_access_key(UserName=made["user"], AccessKeyId=api["AccessKeyId"])


def test_rotated_they_work_side_by_side_until_finish_and_revoked_they_are_gone(
    platform: Platform, registered: str
) -> None:
    user = f"sesguard-{REGION}-{registered}"
    (first,) = keys_of(platform, user)
    assert smtp(platform, "create", registered).returncode == 1
    assert smtp(platform, "rotate", registered).returncode == 0
    assert len(keys_of(platform, user)) == 2
    assert smtp(platform, "rotate", registered).returncode == 1
    assert smtp(platform, "rotate", registered, "--finish").returncode == 0
    assert first not in keys_of(platform, user)
    assert smtp(platform, "revoke", registered, "--yes").returncode == 0
    iam, secrets = platform.cloud.client("iam"), platform.cloud.client("secretsmanager")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_user(UserName=user)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        secrets.describe_secret(SecretId=f"sesguard/smtp/{REGION}/{registered}")


def test_a_user_that_somebody_else_made_is_not_touched(platform: Platform, registered: str) -> None:
    iam, user = platform.cloud.client("iam"), f"sesguard-{REGION}-{registered}"
    iam.create_user(UserName=user)
    for words in (("create", registered), ("rotate", registered), ("revoke", registered, "--yes")):
        done = smtp(platform, *words)
        assert done.returncode == 1
        assert "left alone" in done.stderr
    assert iam.list_user_policies(UserName=user)["PolicyNames"] == []
    iam.delete_user(UserName=user)


def test_the_policy_is_printed_for_who_sends_by_api_and_a_stream_of_nobody_has_none(
    platform: Platform, registered: str
) -> None:
    done = smtp(platform, "create", registered, "--policy")
    resources = json.loads(done.stdout)["Statement"][0]["Resource"]
    assert resources == [
        f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{SET}",
        f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{DOMAIN}",
    ]
    refused = smtp(platform, "create", platform.stream())
    assert (refused.returncode, "register it first" in refused.stderr) == (1, True)


def test_an_identity_whose_default_is_another_set_is_said(platform: Platform, registered: str) -> None:
    other = platform.stream()
    put = platform.ses.put_email_identity_configuration_set_attributes
    put(EmailIdentity=DOMAIN, ConfigurationSetName=other)
    done = smtp(platform, "create", registered, "--json")
    put(EmailIdentity=DOMAIN, ConfigurationSetName=registered)
    assert (done.returncode, json.loads(done.stdout)["without_default_set"]) == (4, [DOMAIN])
    assert DOMAIN in done.stderr
    assert smtp(platform, "revoke", registered, "--yes").returncode == 0
