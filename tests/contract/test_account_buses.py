"""Two accounts and two regions: members forward to the centre by what the templates say, and nobody else does."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from localcloud.cloud import Emulator
from sesguard.aws.member_buses import SnsCentralTopic
from sesguard.aws.tables.members import DynamoMembers
from sesguard.bus.heartbeat import heartbeat
from sesguard.members.central import CentralDeps, ForgedError, Forwarded, take
from sesguard.notices.wording import Wording
from tests.contract.conftest import Account
from tests.fakes.members import MemoryBuses
from tests.template.stack import ROOT, _Loader

pytestmark = pytest.mark.emulator
CENTRE: dict[str, Any] = yaml.load((ROOT / "central/template.yaml").read_text(), _Loader)  # noqa: S506 - a safe loader
REGIONS = ("us-east-1", "eu-west-1")
_names = itertools.count(1)


class Central:
    """A central account with the template's bus policy, and a queue behind it."""

    def __init__(self, account: Account, bus: str = "centre") -> None:
        self.account, self.bus = account, bus
        self.organization = account.organizations.describe_organization()["Organization"]["Id"]
        self.arn = account.events.create_event_bus(Name=bus)["EventBusArn"]
        template = {"Resources": {"Bus": {"Type": "AWS::Events::EventBus", "Properties": self._properties()}}}
        account.events.delete_event_bus(Name=bus)
        account.cloudformation.create_stack(StackName=f"centre-{account.id}", TemplateBody=json.dumps(template))
        self.queue, arn = account.queue("central")
        account.events.put_rule(Name="central", EventBusName=bus, EventPattern=json.dumps({"source": ["sesguard"]}))
        account.events.put_targets(Rule="central", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])

    def _properties(self) -> dict[str, Any]:
        """Of the template's CentralBus, with what CloudFormation would put in."""
        known = {
            "${AWS::Partition}": "aws",
            "${AWS::Region}": "us-east-1",
            "${AWS::AccountId}": self.account.id,
            "${AWS::StackName}": self.bus,
        }

        def resolved(node: Any) -> Any:
            if isinstance(node, dict) and "Fn::Sub" in node:
                text = node["Fn::Sub"]
                for name, value in known.items():
                    text = text.replace(name, value)
                return text
            if isinstance(node, dict) and "Ref" in node:
                return {"OrganizationId": self.organization, "AWS::StackName": self.bus}[node["Ref"]]
            if isinstance(node, dict):
                return {key: resolved(value) for key, value in node.items()}
            return [resolved(each) for each in node] if isinstance(node, list) else node

        made: dict[str, Any] = resolved(CENTRE["Resources"]["CentralBus"]["Properties"])
        return made

    def member(self) -> str:
        """An account of the organization: its id."""
        made = self.account.organizations.create_account(
            AccountName=f"m{next(_names)}", Email=f"m{next(_names)}@x.example"
        )
        return str(made["CreateAccountStatus"]["AccountId"])


def forwards(emulator: Emulator, account: str, region: str, bus: str, path: str = "/sesguard/") -> Any:
    """The bus of a guard there, whose rule forwards to the centre: a client to speak to it with."""
    iam = emulator.client("iam", account=account)
    trust = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
    name = f"forward-{region}"
    role = iam.create_role(
        RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
    iam.put_role_policy(
        RoleName=name,
        PolicyName="forward",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
    )
    events = emulator.client("events", account=account, region=region)
    events.create_event_bus(Name="sesguard")
    events.put_rule(Name="forward", EventBusName="sesguard", EventPattern=json.dumps({"source": ["sesguard"]}))
    target = {"Id": "centre", "Arn": bus, "RoleArn": role}
    events.put_targets(Rule="forward", EventBusName="sesguard", Targets=[target])
    return events


def say(events: Any, event: Any) -> None:
    entry = {"Source": "sesguard", "DetailType": event["type"], "Detail": json.dumps(event["detail"])}
    events.put_events(Entries=[{**entry, "EventBusName": "sesguard"}])


def beat(account: str, region: str, minute: int = 0) -> Any:
    at = datetime(2026, 11, 26, 12, tzinfo=UTC) + timedelta(minutes=minute)
    return heartbeat(at, account, region, "sesguard", guard="0.1.0", settings={"DefaultMode": "enforce"})


def heard(centre: Central, expected: int) -> list[str]:
    """What came through, up to a last event that the centre itself says."""
    centre.account.events.put_events(
        Entries=[{"Source": "sesguard", "DetailType": "end", "Detail": "{}", "EventBusName": centre.bus}]
    )
    bodies: list[str] = centre.account.bodies(centre.queue, lambda taken: len(taken) == expected + 1)
    return [body for body in bodies if json.loads(body)["detail-type"] != "end"]


def test_members_of_two_accounts_and_two_regions_are_heard_and_told_apart(aws: Account, emulator: Emulator) -> None:
    centre = Central(aws)
    members = [(account, region) for account in (centre.member(), centre.member()) for region in REGIONS]
    for account, region in members:
        say(forwards(emulator, account, region, centre.arn), beat(account, region))
    bodies = heard(centre, len(members))
    assert sorted((it["account"], it["region"]) for it in map(json.loads, bodies)) == sorted(members)
    aws.dynamodb.create_table(
        TableName="members",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("kind", "name")],
        KeySchema=[{"AttributeName": "kind", "KeyType": "HASH"}, {"AttributeName": "name", "KeyType": "RANGE"}],
    )
    topic = SnsCentralTopic(aws.sns, aws.topic())
    deps = CentralDeps(
        DynamoMembers(aws.dynamodb, "members"), topic, MemoryBuses(), Wording.built_in(), timedelta(minutes=20)
    )
    now = datetime(2026, 11, 26, 12, 1, tzinfo=UTC)
    assert {take(deps, body, now) for body in bodies} == {Forwarded.HEARD}
    assert sorted((it.account, it.region) for it in deps.members.all()) == sorted(members)


def test_a_member_that_speaks_for_another_account_is_found_out(aws: Account, emulator: Emulator) -> None:
    centre = Central(aws)
    account, other = centre.member(), centre.member()
    say(forwards(emulator, account, "eu-west-1", centre.arn), beat(other, "eu-west-1"))
    (body,) = heard(centre, 1)
    with pytest.raises(ForgedError, match=f"from account {account} speaks for account {other}"):
        take(CentralDeps(None, None, None, Wording.built_in(), timedelta(minutes=20)), body, datetime.now(UTC))  # type: ignore[arg-type]  # never asked


def test_nobody_outside_of_the_organization_is_heard(aws: Account, emulator: Emulator) -> None:
    centre = Central(aws)
    stranger = str(300_000_000_000 + int(aws.id) % 1_000_000)
    say(forwards(emulator, stranger, "us-east-1", centre.arn), beat(stranger, "us-east-1"))
    assert heard(centre, 0) == []


def test_a_member_is_heard_by_the_role_of_its_guard_only(aws: Account, emulator: Emulator) -> None:
    centre = Central(aws)
    account = centre.member()
    say(forwards(emulator, account, "us-east-1", centre.arn, path="/"), beat(account, "us-east-1"))
    assert heard(centre, 0) == []


def test_the_bare_emulator_hands_nothing_to_another_account(bare: Account, bare_emulator: Emulator) -> None:
    centre = Central(bare)
    account = centre.member()
    say(forwards(bare_emulator, account, "us-east-1", centre.arn), beat(account, "us-east-1"))
    assert heard(centre, 0) == []
