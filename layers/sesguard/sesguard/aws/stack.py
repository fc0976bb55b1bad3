"""The stack that the guard was deployed as: where its tables, bus and alarms are, and what it was told."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sesguard.aws.caller import account_of, read_caller
from sesguard.aws.clients import Clients, calling
from sesguard.errors import AwsError, StackError
from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"cloudformation:DescribeStacks"})


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed guard. ``outputs`` and ``parameters`` as template.yaml names them. created: its first deployment."""

    name: str
    account: str
    region: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    created: datetime | None = None

    @property
    def home(self) -> StreamId:
        """Its account and region, as a stream without a configuration set."""
        return StreamId(self.account, self.region, "")

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


def find_stack(clients: Clients, name: str, option: str = "--stack-name") -> Stack:
    """Read the stack ``name``, as ``option`` says, in the clients' account and region. Raises StackError or AwsError.

    Where there is no such stack, STS is asked which account that is; without an answer the error names none.
    """
    cloudformation = clients.make("cloudformation")
    try:
        with calling("DescribeStacks"):
            found = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except AwsError as failed:
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
        if failed.code != "ValidationError":
            raise
        where = cloudformation.meta.region_name
        with suppress(AwsError):
            where = f"account {account_of(read_caller(clients.make('sts')))}, region {where}"
        raise StackError(name, f"does not exist in {where}: see {option}, --region and --profile") from None
    _, _, _, region, its_account, _ = found["StackId"].split(":", 5)
    return Stack(
        name,
        its_account,
        region,
        {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())},
        {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", ())},
        found.get("CreationTime"),
    )
