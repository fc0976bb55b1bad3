"""Two guards, in two accounts and two regions of an organization, and its centre, all deployed in one local cloud."""

from __future__ import annotations

import json
import os
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.cloud import ROOT, Emulator
from localcloud.deploy import deploy
from localcloud.mailbox import NOTICE_SENDER, mailbox_on
from localcloud.setting_up import PROBE_SENDER
from sesguard.bus.events import Event, operator_notice
from sesguard.bus.heartbeat import heartbeat
from sesguard.cli.across import Across, find_guards, many_feed
from sesguard.cli.options import Where
from sesguard.stream import StreamId
from tests.cloud.command import sesguard
from tests.cloud.conftest import PATIENCE_SECONDS, Platform
from tests.conftest import LOGS

pytestmark = pytest.mark.cloud

CENTRE, STRANGER = "777700000001", "777700000009"
REGIONS = ("us-east-1", "eu-west-1")
wait_until = Platform.wait_until
NAMES = ("follows", "asks", "alone")
"""Tenants, and their sets at both guards: what their policy says of a pause elsewhere."""


class Operator:
    """Runs ``sesguard`` as the root user of an account, in a region."""

    def __init__(self, emulator: Emulator, account: str, region: str) -> None:
        self.environment = {**emulator.environment(account=account, region=region), "COLUMNS": "160"}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return sesguard(self.environment, *words)

    def json(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.returncode in (0, 4), done.stderr + done.stdout
        return json.loads(done.stdout)


class Member(Operator):
    """A deployed guard, its own operator, and sending at its place."""

    def __init__(self, emulator: Emulator, account: str, region: str, bus: str) -> None:
        super().__init__(emulator, account, region)
        self.emulator, self.account, self.region = emulator, account, region
        self.home = StreamId(account, region, "")
        for identity in (PROBE_SENDER, NOTICE_SENDER):
            self.client("sesv2").create_email_identity(EmailIdentity=identity)
        given, log = {"CentralBusArn": bus}, LOGS / f"sam-{region}.log"
        self.outputs = deploy(emulator, parameters=given, log=log, account=account, region=region)

    def client(self, service: str) -> Any:
        return self.emulator.client(service, account=self.account, region=self.region)

    @property
    def name(self) -> str:
        return f"{self.account}/{self.region}/sesguard"

    def stream(self, name: str) -> str:
        return str(self.home._replace(configuration_set=name))

    def sends(self, name: str) -> bool:
        answer = self.client("sesv2").get_configuration_set(ConfigurationSetName=name)
        return bool(answer["SendingOptions"]["SendingEnabled"])

    def send(self, name: str, *recipients: str) -> None:
        self.client("sesv2").send_email(
            FromEmailAddress=PROBE_SENDER,
            ConfigurationSetName=name,
            Destination={"ToAddresses": list(recipients)},
            Content={"Simple": {"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello."}}}},
        )

    def send_until_it_is_paused(self, name: str) -> None:
        """To people none of whom exists, as somebody with a bad list goes on until SES refuses."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.sends(name):
            assert time.monotonic() < deadline, f"{name} is not paused"
            try:
                self.send(name, *(f"gone-{number}@domain-{number % 6}.example" for number in range(48)))
            except ClientError as error:
                if error.response["Error"]["Code"] != "SendingPausedException":
                    raise
            time.sleep(2)

    def say(self, event: Event) -> None:
        """Put an event onto the guard's bus, as whoever may do so in its account."""
        entry = {"Source": "sesguard", "DetailType": event["type"], "Detail": json.dumps(event["detail"])}
        answer = self.client("events").put_events(Entries=[{**entry, "EventBusName": self.outputs["GuardBusName"]}])
        assert answer["FailedEntryCount"] == 0


class Organization(Operator):
    """The centre, its members, and an operator in the central account."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        super().__init__(emulator, CENTRE, REGIONS[0])
        self.emulator = emulator
        organizations = self.client("organizations")
        identity = organizations.describe_organization()["Organization"]["Id"]
        accounts = [self._account(organizations, number) for number in range(2)]
        given, log = {"OrganizationId": identity}, LOGS / "sam-central.log"
        self.outputs = deploy(emulator, "sesguard-central", ROOT / "central", parameters=given, log=log, account=CENTRE)
        self.mailbox = mailbox_on(emulator, self.outputs["CentralTopicArn"], raw=False)
        self.told: list[dict[str, Any]] = []
        places = zip(accounts, REGIONS, strict=True)
        self.here, self.there = (Member(emulator, *place, self.outputs["CentralBusArn"]) for place in places)
        policy = self.run("permissions", "status", "watch", "cost", "doctor", "backlog", "tenants").stdout
        for member in self.members:
            self._may_be_read(member.account, policy)
        self.file = self._guards(folder)
        self.registry = self._tenants(folder)

    @property
    def members(self) -> tuple[Member, Member]:
        return self.here, self.there

    def client(self, service: str) -> Any:
        return self.emulator.client(service, account=CENTRE)

    def subjects(self) -> list[str]:
        """What the operator of all was told so far."""
        sqs = self.client("sqs")
        while messages := sqs.receive_message(QueueUrl=self.mailbox, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self.told.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.mailbox, ReceiptHandle=message["ReceiptHandle"])
        return [it["Subject"] for it in self.told if "Subject" in it]

    def dead_letters(self) -> list[dict[str, Any]]:
        """What the centre has set aside, left where it is."""
        answer = self.client("sqs").receive_message(
            QueueUrl=self._resource("CentralDeadLetters"),
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            MessageAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))

    def look_who_is_silent(self) -> None:
        name = self._resource("CentralFunction")
        answer = self.client("lambda").invoke(FunctionName=name, Payload=b'{"detail-type": "Scheduled Event"}')
        assert "FunctionError" not in answer, answer["Payload"].read()

    def _resource(self, logical: str) -> str:
        found = self.client("cloudformation").describe_stack_resource(
            StackName="sesguard-central", LogicalResourceId=logical
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def _account(self, organizations: Any, number: int) -> str:
        made = organizations.create_account(AccountName=f"mail-{number}", Email=f"mail-{number}@x.example")
        return str(made["CreateAccountStatus"]["AccountId"])

    def _may_be_read(self, account: str, policy: str) -> None:
        """Make the role that docs/accounts.md has the operator make once in each account."""
        iam = self.emulator.client("iam", account=account)
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"AWS": f"arn:aws:iam::{CENTRE}:root"},
                }
            ],
        }
        iam.create_role(RoleName="sesguard-operator", AssumeRolePolicyDocument=json.dumps(trust))
        iam.put_role_policy(RoleName="sesguard-operator", PolicyName="sesguard", PolicyDocument=policy)

    def _guards(self, folder: Path) -> Path:
        file = folder / "guards.toml"
        listed = (f'[[guard]]\naccount = "{it.account}"\nregion = "{it.region}"\n' for it in self.members)
        file.write_text("\n".join(listed))
        return file

    def _tenants(self, folder: Path) -> Path:
        policies = {"follows": {"elsewhere": "pause"}, "asks": {"elsewhere": "propose"}}
        places = [{"account": it.account, "region": it.region} for it in self.members]
        tenants = [
            {
                "id": name,
                "contacts": [f"owner@{name}.example"],
                "streams": [
                    {**place, "configuration_set": name} | ({"policy": name} if name in policies else {})
                    for place in places
                ],
            }
            for name in NAMES
        ]
        file = folder / "tenants.json"
        file.write_text(json.dumps({"policies": policies, "tenants": tenants}))
        return file


@pytest.fixture(scope="module")
def organization(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Organization:
    made = Organization(emulator, tmp_path_factory.mktemp("accounts"))
    applied = made.run("tenants", "apply", str(made.registry), "--accounts-file", str(made.file), "--yes")
    assert applied.returncode == 0, applied.stderr + applied.stdout
    return made


def test_one_file_of_tenants_is_applied_to_both_guards(organization: Organization) -> None:
    def is_made(member: Member) -> bool:
        sets = member.client("sesv2").list_configuration_sets()["ConfigurationSets"]
        return set(NAMES) <= set(sets)

    for member in organization.members:
        wait_until(lambda member=member: is_made(member), f"the sets of {member.name}")


def test_members_give_signs_of_life_that_the_centre_takes(organization: Organization) -> None:
    names = {member.name for member in organization.members}
    listed: dict[str, Any] = {}

    def all_are_heard() -> bool:
        for it in organization.json("accounts", "list")["members"]:
            listed[f"{it['account']}/{it['region']}/{it['stack']}"] = it
        return names <= set(listed)

    wait_until(all_are_heard, "signs of life")
    for name in names:
        assert listed[name]["settings"]["HourlyPauses"] == "100"  # as deployed
        assert not listed[name]["silent"]


def test_a_pause_in_one_account_is_followed_or_proposed_in_the_other_as_policies_say(
    organization: Organization,
) -> None:
    here, there = organization.members
    for name in NAMES:
        here.send_until_it_is_paused(name)
    wait_until(lambda: not there.sends("follows"), "the pause that follows")
    waiting: list[str] = []

    def is_proposed() -> bool:
        waiting[:] = [it["stream"] for it in there.json("backlog", "list")["backlog"]]
        return bool(waiting)

    wait_until(is_proposed, "the proposal")
    assert waiting == [there.stream("asks")]
    (incident,) = there.json("incidents", "follows")["incidents"]
    assert incident["reasons"] == ["paused_elsewhere"]
    assert there.sends("asks")
    assert there.sends("alone")  # whose policy says nothing
    approved = there.run("backlog", "approve", "asks", "--reason", "it is one list")
    assert approved.returncode == 0, approved.stderr + approved.stdout
    assert not there.sends("asks")


def test_the_operator_of_all_is_told_once_from_where(organization: Organization) -> None:
    def told(name: str, account: str) -> list[str]:
        listed = organization.subjects()
        return [it for it in listed if it.startswith(f"[{account}]") and f" {name} " in it and "paused" in it]

    for member in organization.members:
        wait_until(lambda member=member: told("follows", member.account), f"the notice of {member.name}")
    wait_until(lambda: told("alone", organization.here.account), "the notice of the last pause")
    for name, member in (("follows", organization.here), ("follows", organization.there), ("alone", organization.here)):
        assert len(told(name, member.account)) == 1, organization.subjects()


def test_status_watch_cost_and_doctor_see_two_streams_of_one_name(organization: Organization) -> None:
    both = {member.stream("follows") for member in organization.members}
    status = organization.json("status", "--accounts")
    assert status["unread"] == []
    assert both <= {it["stream"] for it in status["streams"] if it["state"] == "paused"}
    assert {it["account"] for it in status["guards"]} == {member.account for member in organization.members}
    watched = organization.run("watch", "--plain", "--once", "--accounts")
    assert watched.returncode == 0, watched.stderr
    assert "is not read" not in watched.stdout
    for member in organization.members:
        assert f"{member.account}/{member.region}" in watched.stdout
    bill = organization.json("cost", "--accounts", "--by", "stream")
    assert organization.here.stream("follows") in {it["stream"] for it in bill["lines"]}
    assert len(bill["guards"]) == 2
    found = json.loads(organization.run("doctor", "--accounts", "-o", "json").stdout)
    assert {it["account"] for it in found["guards"]} == {member.account for member in organization.members}
    checked = organization.json("accounts", "check")
    assert {it["code"] for it in checked["oddities"]} <= {"dead_letters"}


def test_the_console_reads_a_tenant_of_two_accounts_as_one(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in organization.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    feed = many_feed(find_guards(Where(), Across(accounts=True)), read_only=True)
    feed.read()
    assert feed.fleet is not None
    assert feed.fleet.problems == ()
    rows = [row for row in feed.fleet.rows if row.tenant == "follows"]
    assert {str(row.stream) for row in rows} == {member.stream("follows") for member in organization.members}


def test_what_is_forged_is_refused_or_set_aside_by_name(organization: Organization) -> None:
    here, there = organization.members
    theirs = there.home._replace(configuration_set="x")
    notice = operator_notice("Look", "at this", "forged", datetime.now(UTC), theirs)
    here.say(notice)
    cause = f"an event from account {here.account} speaks for account {there.account}"
    wait_until(lambda: cause in json.dumps(organization.dead_letters()), "the forged event, set aside")
    stranger = organization.emulator.client("events", account=STRANGER)
    at_the_centre = {"Source": "sesguard", "DetailType": "Operator Notice", "Detail": json.dumps(notice["detail"])}
    bus = organization.outputs["CentralBusArn"]
    with pytest.raises(ClientError, match="AccessDeniedException"):
        stranger.put_events(Entries=[{**at_the_centre, "EventBusName": bus}])
    # Nor does anybody but the centre's function speak to a guard of another account, whatever it says to be.
    as_centre = organization.client("events")
    at_a_guard = {"Source": "sesguard.centre", "DetailType": "Paused Elsewhere", "Detail": "{}"}
    bus = f"arn:aws:events:us-east-1:{here.account}:event-bus/sesguard"
    with pytest.raises(ClientError, match="AccessDeniedException"):
        as_centre.put_events(Entries=[{**at_a_guard, "EventBusName": bus}])


def test_an_older_guard_is_listed_and_one_that_falls_silent_is_told_once(organization: Organization) -> None:
    here = organization.here
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    old = heartbeat(long_ago, here.account, here.region, "old", guard="0.0.1")
    known = ("id", "at", "account", "region", "stack", "guard")  # to the first version that gave signs of life
    here.say({**old, "detail": {key: old["detail"][key] for key in known}})
    name = f"{here.account}/{here.region}/old"

    def oddities() -> set[str]:
        return {it["code"] for it in organization.json("accounts", "check")["oddities"] if it["member"] == name}

    wait_until(lambda: oddities() == {"silent", "older_version", "two_guards"}, "the old guard")
    silent = f"sesguard: {here.account} {here.region} is silent"
    for _ in range(2):
        organization.look_who_is_silent()
    wait_until(lambda: silent in organization.subjects(), "the silence")
    assert organization.subjects().count(silent) == 1
    assert organization.run("accounts", "forget", name).returncode == 0
