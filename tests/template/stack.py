"""template.yaml as data: intrinsics become {"Ref": name}, {"Fn::GetAtt": "name.attribute"}, {"Fn::Sub": text} etc."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

Resource = dict[str, Any]
ROOT: Final = Path(__file__).resolve().parents[2]
TEXT: Final = (ROOT / "template.yaml").read_text()


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _intrinsic)


def load(text: str) -> dict[str, Any]:
    """A template as data."""
    found: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506 (a safe loader)
    return found


TEMPLATE: Final = load(TEXT)
PARAMETERS: Final[dict[str, Any]] = TEMPLATE["Parameters"]
RESOURCES: Final[dict[str, Resource]] = TEMPLATE["Resources"]
OUTPUTS: Final[dict[str, Any]] = TEMPLATE["Outputs"]
GLOBALS: Final[dict[str, Any]] = TEMPLATE["Globals"]["Function"]


def of_type(kind: str) -> dict[str, Resource]:
    """The properties of every resource of a type, by logical name."""
    return {name: each.get("Properties", {}) for name, each in RESOURCES.items() if each["Type"] == kind}


FUNCTIONS: Final = of_type("AWS::Serverless::Function")
QUEUES: Final = of_type("AWS::SQS::Queue")
ALARMS: Final = of_type("AWS::CloudWatch::Alarm")
# On the SES account's own rates, not on the guard.
ACCOUNT_ALARMS: Final = frozenset({"AccountBounceRateAlarm", "AccountComplaintRateAlarm"})
ROLES: Final = of_type("AWS::IAM::Role")
TABLES: Final = of_type("AWS::DynamoDB::Table")


def target(value: Any) -> str:
    """The logical name that a Ref or GetAtt points at, "" for anything else."""
    if not isinstance(value, dict):
        return ""
    return str(value.get("Ref") or str(value.get("Fn::GetAtt", "")).partition(".")[0])


def events(function: str, kind: str) -> list[Resource]:
    """The properties of a function's events of a type ("SQS", "Schedule")."""
    return [each["Properties"] for each in FUNCTIONS[function]["Events"].values() if each["Type"] == kind]


def dead_letters_of(queue: str) -> str:
    return target(QUEUES[queue].get("RedrivePolicy", {}).get("deadLetterTargetArn"))


# Where queues send what they cannot get rid of, and where failures of the sweep and of register go.
DEAD_LETTERS: Final = frozenset({dead_letters_of(queue) for queue in QUEUES} - {""}) | {
    "SweepDeadLetters",
    "RegisterDeadLetters",
    "ForwardDeadLetters",  # of the rule that forwards to a central account
}


def alarms_on(metric: str, watched: str) -> list[Resource]:
    """The alarms on a metric of a queue or function."""
    return [
        alarm
        for alarm in ALARMS.values()
        for seen in metrics_of(alarm)
        if seen["MetricName"] == metric and watched in [target(each["Value"]) for each in seen.get("Dimensions", [])]
    ]


def metrics_of(alarm):
    """What an alarm looks at: one metric, or those of its expression."""
    return [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", ()) if "MetricStat" in each] or [alarm]


def statements(policy: Resource) -> list[Resource]:
    """The statements of a policy document, those behind a condition included."""
    return [each["Fn::If"][1] if "Fn::If" in each else each for each in policy["PolicyDocument"]["Statement"]]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def role_statements(function: str) -> list[Resource]:
    """What a function's role says, of every policy of it."""
    role = ROLES[target(FUNCTIONS[function]["Role"])]
    return [statement for policy in role["Policies"] for statement in statements(policy)]


def granted(function: str) -> frozenset[str]:
    """The actions that a function's role allows."""
    allowed = (each for each in role_statements(function) if each["Effect"] == "Allow")
    return frozenset(action for each in allowed for action in as_list(each["Action"]))


def allowed_on(function: str, action: str) -> list[Any]:
    """The resources on which a function may do something."""
    return [
        resource
        for statement in role_statements(function)
        if statement["Effect"] == "Allow" and action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    ]


def references(node: Any) -> Iterator[str]:
    """Every name that a part of the template refers to, those inside of Fn::Sub included."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("Ref", "Condition") and isinstance(value, str):
                yield value
            elif key == "Fn::GetAtt":
                yield value.partition(".")[0]
            elif key == "Fn::Sub":
                yield from (part.partition("}")[0].partition(".")[0] for part in value.split("${")[1:])
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)
