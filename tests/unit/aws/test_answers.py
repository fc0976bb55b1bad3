"""What AWS's answers need not hold is not relied upon: by the protocol of the day an empty list is there, or left out.

botocore takes the protocol from its model: CloudWatch's was XML in 1.40, where each list is there, and is JSON in 1.44;
with SQS's change to JSON, ``Messages`` went missing from answers without any.
"""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.model import Shape, StructureShape
from botocore.session import Session

from sesguard.aws.clients import Clients
from sesguard.aws.cloudwatch.alarm_states import CloudWatchAlarmStates
from sesguard.aws.cloudwatch.alarms import CloudWatchAlarms
from sesguard.aws.cloudwatch.stream_alarm import CloudWatchIdleAlarms
from sesguard.aws.doctor.ses_facts import SesFactsReader
from sesguard.aws.metric_data import Metric, metric_data
from sesguard.aws.ses.calls import SesCalls
from sesguard.aws.ses.identities import SesIdentities
from sesguard.stream import StreamId

SOURCES = Path(__file__).resolve().parents[3] / "layers/sesguard/sesguard/aws"
SERVICES = ("cloudformation", "cloudwatch", "lambda", "sesv2", "sns", "sqs")
ALWAYS_THERE = {"Entries", "Stacks"}  # as many as were asked for, of which there is one at least
STREAM = StreamId("123456789012", "eu-west-1", "acme-news")
NOW = datetime(2026, 11, 27, tzinfo=UTC)


def members(shape: Shape | None, seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, bool]]:
    """Names of what an answer holds, each with whether it is a list that the model does not promise."""
    if isinstance(shape, StructureShape) and shape.name not in seen:
        for name, member in shape.members.items():
            is_list = member.type_name == "list"
            yield name, is_list and name not in shape.required_members
            yield from members(member.member if is_list else member, seen | {shape.name})


@cache
def lists_that_may_be_left_out() -> frozenset[str]:
    session = Session()
    models = [session.get_service_model(service) for service in SERVICES]
    shapes = [model.operation_model(name).output_shape for model in models for name in model.operation_names]
    found = {each for shape in shapes for each in members(shape)}
    others = {name for name, is_list in found if not is_list}  # a name that is a text or a promised list elsewhere
    return frozenset(name for name, _ in found) - others - ALWAYS_THERE


@pytest.mark.parametrize("source", sorted(SOURCES.rglob("*.py")), ids=lambda it: str(it.relative_to(SOURCES)))
def test_no_list_of_an_answer_is_taken_to_be_there(source: Path) -> None:
    read = [
        node.slice.value
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and isinstance(node.slice, ast.Constant)
    ]
    assert [name for name in read if name in lists_that_may_be_left_out()] == []


class Nothing:
    """The body of an answer that leaves out everything."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield b"{}"


@pytest.fixture
def asked() -> list[tuple[str, int | None]]:
    """Operations, each with its page's size."""
    return []


@pytest.fixture
def clients(asked: list[tuple[str, int | None]]) -> Clients:
    session = Session()
    session.set_credentials("key", "secret")
    session.set_config_variable("region", "eu-west-1")
    session.register("before-send", lambda request, **_: AWSResponse(request.url, 200, {}, Nothing()))
    session.register(
        "before-parameter-build", lambda params, model, **_: asked.append((model.name, params.get("PageSize")))
    )
    return Clients(session)


def test_without_any_list_there_are_no_alarms_no_metrics_and_no_identities(clients: Clients) -> None:
    assert CloudWatchAlarms(clients, "sesguard", "arn:aws:sns:eu-west-1:123456789012:a").now([STREAM]) == {}
    assert CloudWatchAlarmStates(clients).up(["theirs"]) == frozenset()
    assert CloudWatchIdleAlarms(clients, "sesguard").remove([], NOW) == 0
    wanted = [Metric("AWS/SES", "Reputation.BounceRate", "Maximum")]
    assert metric_data(clients.cloudwatch, wanted, NOW - timedelta(days=1), NOW, 3_600) == [[]]
    assert SesIdentities(clients.sesv2).verified_domains() == frozenset()


class Open:
    """A gate that lets every call through."""

    def enter(self) -> None: ...
    def passed(self) -> None: ...
    def refused(self) -> None: ...


def test_ses_is_asked_for_no_longer_pages_than_it_says_that_it_gives(clients: Clients, asked: list[Any]) -> None:
    facts = SesFactsReader(SesCalls(clients.sesv2, Open()), 10, Random(0))  # type: ignore[arg-type]  # noqa: S311  # as far as it is used
    for look in (facts.set_names, facts.identities, facts.tenants, facts.pools):
        look()  # type: ignore[operator]  # each a method
    assert asked == [
        ("ListConfigurationSets", 1_000),
        ("ListEmailIdentities", 1_000),
        ("ListTenants", 100),
        ("ListDedicatedIpPools", None),
    ]
