"""The stack that the guard was deployed as: where its tables, bus and alarms are, and what it was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error
from sesguard.errors import SesguardError

ACTIONS: Final = frozenset({"cloudformation:DescribeStacks"})


class StackError(SesguardError):
    """There is no stack of that ``name`` there, or it is not the guard's."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"stack {name!r} {problem}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed guard. ``outputs`` and ``parameters`` as template.yaml names them."""

    name: str
    account: str
    region: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    def output(self, name: str) -> str:
        """Raises StackError where there is none."""
        try:
            return self.outputs[name]
        except KeyError:
            raise StackError(self.name, f"has no output {name}: is it sesguard's, and up to date?") from None

    def parameter(self, name: str) -> str:
        """Raises StackError where there is none."""
        try:
            return self.parameters[name]
        except KeyError:
            raise StackError(self.name, f"has no parameter {name}: is it sesguard's, and up to date?") from None


def find_stack(client: Any, name: str) -> Stack:  # noqa: ANN401  # a CloudFormation client, or a twin of it
    """Read the stack ``name`` in the client's account and region. Raises StackError or AwsError."""
    try:
        found = client.describe_stacks(StackName=name)["Stacks"][0]
    except (ClientError, BotoCoreError) as error:
        failed = aws_error("DescribeStacks", error)
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
        if failed.code == "ValidationError":
            region = client.meta.region_name
            raise StackError(name, f"does not exist in {region}: see --stack-name, --region and --profile") from None
        raise failed from None
    _, _, _, region, account, _ = found["StackId"].split(":", 5)
    return Stack(
        name,
        account,
        region,
        {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())},
        {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", ())},
    )
