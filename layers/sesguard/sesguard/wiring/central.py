"""Wire the centre to AWS, and what an operator sees of it."""

from __future__ import annotations

from typing import NamedTuple

from sesguard.aws.clients import Clients, OperatorClients
from sesguard.aws.member_buses import EventMemberBuses, SnsCentralTopic
from sesguard.aws.settings import CentralSettings
from sesguard.aws.stack import find_stack
from sesguard.aws.tables.members import DynamoMembers
from sesguard.members.central import CentralDeps
from sesguard.notices.wording import Wording

__all__ = ["Centre", "DynamoMembers", "SnsCentralTopic", "central", "find_centre"]


def central(settings: CentralSettings, partition: str, clients: Clients | None = None) -> CentralDeps:
    """Everything over AWS. partition: where the centre runs, such as aws."""
    clients = clients or Clients()
    return CentralDeps(
        DynamoMembers(clients.dynamodb, settings.members_table),
        SnsCentralTopic(clients.sns, settings.central_topic_arn),
        EventMemberBuses(clients, partition),
        Wording.built_in(),
        settings.silent_after,
    )


class Centre(NamedTuple):
    """The centre as an operator reaches it. silent_minutes: after which a member counts as silent."""

    members: DynamoMembers
    silent_minutes: int


def find_centre(
    stack_name: str,
    *,
    profile: str | None = None,
    region: str | None = None,
    endpoint: str | None = None,
    keys: tuple[str, str] | None = None,
) -> Centre:
    """Find the centre's stack. Raises ConfigurationError, StackError or AwsError."""
    clients = OperatorClients(profile or "", region or "", endpoint, keys)
    stack = find_stack(clients, stack_name, "--central")
    members = DynamoMembers(clients.dynamodb, stack.output("MembersTableName"))
    return Centre(members, int(stack.parameter("SilentMinutes")))
