"""What AWS has to allow for each command: what its adapters declare, on the resources of one stack.

A table has the adapters of each command; which actions those call stands beside the calls, in the adapters themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from sesguard.aws import (
    account_facts,
    account_rates,
    assumed_role,
    bus,
    caller,
    dead_letters,
    function_logs,
    guard_facts,
    redrive,
    retirement,
    stack,
    stack_resources,
)
from sesguard.aws.cloudwatch import alarms
from sesguard.aws.counts import account_reader, counts, month_counts
from sesguard.aws.counts.sender_domains import DynamoSendersSeen
from sesguard.aws.doctor.access import SendingAccess
from sesguard.aws.doctor.guard_facts import GuardFactsReader
from sesguard.aws.doctor.messaging import MessagingReader
from sesguard.aws.doctor.runtime import RuntimeReader
from sesguard.aws.doctor.ses_facts import SesFactsReader
from sesguard.aws.drill import AwsDrillStage
from sesguard.aws.ses import configuration_sets, inventory, switch
from sesguard.aws.ses.addresses import SesAddresses
from sesguard.aws.ses.identity_reader import SesIdentityReader, SesMailFromRestart
from sesguard.aws.smtp_users import AwsSmtpUsers
from sesguard.aws.tables import (
    lease,
    members,
    ses_standing,
    streams,
    streams_on_record,
    tenants,
    whose_streams,
    wordings,
)
from sesguard.aws.tables.journal import DynamoJournal, DynamoJournalReader
from sesguard.aws.tables.pause_queue import DynamoPauseQueue
from sesguard.aws.tables.posture import DynamoPostureStore
from sesguard.aws.tables.provisioning import DynamoOnboardingRows, DynamoProvisioningTasks
from sesguard.aws.tables.registry import DynamoIdentityOwners, DynamoRegistry
from sesguard.wiring.arns import Place, arns_of, kind_of

_READS: Final = ("Get", "BatchGet", "Query", "Scan", "List", "Describe")


class Access(NamedTuple):
    """What an adapter calls. on: the table that it works with; "" where the action itself says on what it is."""

    actions: frozenset[str]
    on: str = ""


def _reading(actions: Iterable[str]) -> frozenset[str]:
    """Those of an adapter's actions that change nothing."""
    return frozenset(action for action in actions if action.partition(":")[2].startswith(_READS))


_FIND: Final = (Access(stack.ACTIONS),)
_READ_STREAMS: Final = Access(_reading(streams.ACTIONS), "StreamsTable")
_READ_COUNTS: Final = Access(_reading(counts.ACTIONS), "CohortsTable")
_READ_JOURNAL: Final = Access(DynamoJournalReader.ACTIONS, "IncidentsTable")
_READ_REGISTRY: Final = Access(_reading(DynamoRegistry.ACTIONS), "TenantsTable")
_READ_ROWS: Final = Access(DynamoOnboardingRows.ACTIONS, "OnboardingTable")
_LIST_SETS: Final = Access(configuration_sets.ACTIONS)
_NAME_A_STREAM: Final = (*_FIND, _READ_STREAMS, Access(_reading(switch.ACTIONS)), _LIST_SETS)
_SEE_A_STREAM: Final = (*_NAME_A_STREAM, _READ_COUNTS, _READ_JOURNAL)
_SEE_ITS_DOMAINS: Final = (
    Access(tenants.ACTIONS, "TenantsTable"),
    Access(_reading(DynamoPostureStore.ACTIONS), "PostureTable"),
    Access(DynamoSendersSeen.ACTIONS, "CohortsTable"),
)
_ACT: Final = (
    *_SEE_A_STREAM,
    Access(caller.ACTIONS),
    Access(streams.ACTIONS, "StreamsTable"),
    Access(DynamoJournal.ACTIONS, "IncidentsTable"),
    Access(switch.ACTIONS),
    Access(bus.ACTIONS),
)
_WORD: Final = (*_ACT, _READ_REGISTRY)
_PLAN: Final = (*_FIND, _READ_REGISTRY, _READ_ROWS, Access(inventory.ACTIONS))
_REGISTER: Final = (*_PLAN, Access(DynamoRegistry.ACTIONS, "TenantsTable"))
_REPAIR: Final = Access(DynamoProvisioningTasks.ACTIONS, "OnboardingTable")
_SMTP: Final = (*_FIND, _READ_REGISTRY, Access(SesIdentityReader.ACTIONS), Access(AwsSmtpUsers.ACTIONS))
_SEE_MEMBERS: Final = (
    Access(stack.ACTIONS, "the centre's stack"),
    Access(_reading(members.ACTIONS), "the centre's table"),
)
_POOLS: Final = (*_FIND, _READ_REGISTRY, Access(_reading(DynamoPauseQueue.ACTIONS), "TurnsTable"))
_NOTHING: Final[tuple[Access, ...]] = ()

_LIVE: Final = (
    *_WORD,
    Access(dead_letters.ACTIONS),
    Access(_reading(DynamoPauseQueue.ACTIONS), "TurnsTable"),
    Access(_reading(alarms.ACTIONS)),
    Access(streams_on_record.ACTIONS, "StreamsTable"),
    *_SEE_ITS_DOMAINS,
)

COMMANDS: Final[Mapping[str, tuple[Access, ...]]] = {
    "status": (
        *_SEE_A_STREAM,
        Access(_reading(ses_standing.ACTIONS) - {"dynamodb:GetItem"}),
        Access(account_rates.ACTIONS),
        Access(dead_letters.ACTIONS),
        Access(_reading(DynamoPostureStore.ACTIONS), "PostureTable"),
        Access(_reading(DynamoPauseQueue.ACTIONS), "TurnsTable"),
        Access(_reading(alarms.ACTIONS)),
    ),
    "show": (
        *_SEE_A_STREAM,
        Access(_reading(alarms.ACTIONS)),
        *_SEE_ITS_DOMAINS,
    ),
    "watch": _LIVE,
    "console": (
        *_LIVE,
        Access(account_facts.ACTIONS),
        Access(guard_facts.ACTIONS),
        Access(month_counts.ACTIONS, "CohortsTable"),
        Access(wordings.ACTIONS, "TenantsTable"),
        Access(redrive.LOOK_ACTIONS),
        Access(function_logs.ACTIONS),
        Access(stack_resources.ACTIONS),
        Access(whose_streams.ACTIONS, "StreamsTable"),
        Access(whose_streams.ACTIONS, "TenantsTable"),
        _READ_ROWS,
    ),
    "errors": (*_FIND, Access(redrive.LOOK_ACTIONS), Access(function_logs.ACTIONS)),
    "explain": (*_SEE_A_STREAM, *_SEE_ITS_DOMAINS),
    "incidents": _SEE_A_STREAM,
    **dict.fromkeys(
        ("cost", "report"),
        (
            *_FIND,
            Access(stack_resources.ACTIONS),
            Access(month_counts.ACTIONS, "CohortsTable"),
            Access(whose_streams.ACTIONS, "StreamsTable"),
            Access(whose_streams.ACTIONS, "TenantsTable"),
            _READ_JOURNAL,
            _LIST_SETS,
        ),
    ),
    "doctor": (
        *_FIND,
        Access(SesFactsReader.ACTIONS),
        Access(MessagingReader.ACTIONS),
        Access(RuntimeReader.ACTIONS),
        Access(SendingAccess.ACTIONS),
        Access(GuardFactsReader.ACTIONS - {"dynamodb:Scan"}, "StreamsTable"),
        Access(account_reader.ACTIONS, "CohortsTable"),
        Access(frozenset({"dynamodb:Scan"}), "TenantsTable"),
        _READ_ROWS,
        Access(_reading(DynamoPauseQueue.ACTIONS), "TurnsTable"),
    ),
    "drill": (
        *_ACT,
        Access(frozenset({"ses:GetAccount"})),
        Access(AwsDrillStage.ACTIONS - AwsDrillStage.ON_QUEUE - AwsDrillStage.ON_RULE),
        Access(AwsDrillStage.ON_QUEUE, "a drill's queue"),
        Access(AwsDrillStage.ON_RULE, "a drill's rule"),
        Access(frozenset({"dynamodb:PutItem", "dynamodb:DeleteItem"}), "StreamsTable"),
        Access(lease.ACTIONS | {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"}, "TurnsTable"),
        Access(_reading(DynamoPauseQueue.ACTIONS), "TurnsTable"),
        Access(_reading(alarms.ACTIONS)),
    ),
    **dict.fromkeys(("accounts list", "accounts check"), _SEE_MEMBERS),
    "accounts forget": (*_SEE_MEMBERS, Access(frozenset({"dynamodb:DeleteItem"}), "the centre's table")),
    "posture": (
        *_FIND,
        Access(SesIdentityReader.ACTIONS),
        Access(SesMailFromRestart.ACTIONS),
        Access(DynamoIdentityOwners.ACTIONS, "TenantsTable"),
        Access(DynamoSendersSeen.ACTIONS, "CohortsTable"),
    ),
    **dict.fromkeys(("hold", "pause", "release", "resume", "acknowledge"), _WORD),
    "redrive": (*_FIND, Access(redrive.ACTIONS)),
    "retire": (*_ACT, _READ_ROWS, Access(retirement.ACTIONS)),
    "backlog list": (*_FIND, _READ_STREAMS),
    "backlog approve": _ACT,
    "backlog dismiss": _ACT,
    "tenants plan": _PLAN,
    "tenants apply": (*_REGISTER, _REPAIR),
    "tenants status": (*_FIND, _READ_REGISTRY, _READ_ROWS),
    "tenants list": (*_FIND, _READ_REGISTRY),
    "tenants show": (
        *_FIND,
        _READ_REGISTRY,
        _READ_STREAMS,
        Access(_reading(DynamoProvisioningTasks.ACTIONS), "OnboardingTable"),
        *_SEE_ITS_DOMAINS,
    ),
    "tenants pools list": (*_POOLS, Access(_reading(SesAddresses.ACTIONS))),
    "tenants pools assign": (*_POOLS, Access(SesAddresses.ACTIONS)),
    **dict.fromkeys(("tenants smtp create", "tenants smtp rotate", "tenants smtp revoke"), _SMTP),
    "tenants export": (*_FIND, _READ_REGISTRY),
    "tenants import": _PLAN,
    "tenants repair": (*_FIND, _READ_REGISTRY, _REPAIR),
    "tenants remove": _REGISTER,
    "notices install": (*_FIND, Access(DynamoRegistry.ACTIONS, "TenantsTable")),
    "notices reset": (*_FIND, Access(DynamoRegistry.ACTIONS, "TenantsTable")),
    **dict.fromkeys(("notices preview", "notices check", "notices variables"), _NOTHING),
    **dict.fromkeys(("permissions", "completion", "parse", "backtest", "tenants place"), _NOTHING),
}
"""The adapters of each command; nothing where it calls nobody."""
ACROSS_ACCOUNTS: Final = (*_SEE_MEMBERS, Access(assumed_role.ACTIONS), Access(caller.ACTIONS))
"""What ``--accounts`` needs beside: the centre's list, and the role of each other account."""
COMMANDS_ALIKE: Final[Mapping[str, str]] = {"stream show": "show"}


def make_policy(commands: Iterable[str], place: Place, role: str = "") -> dict[str, Any]:
    """Make an IAM policy document that lets ``commands`` (keys of COMMANDS) work, and nothing else.

    role: also with ``--accounts``, by that role of each other account; "" for without.
    """
    allowed: dict[tuple[str, ...], set[str]] = defaultdict(set)
    needed = [access for command in commands for access in COMMANDS[COMMANDS_ALIKE.get(command, command)]]
    for access in (*needed, *(ACROSS_ACCOUNTS if role else ())):
        for action in access.actions:
            arns = arns_of(access.on or kind_of(action), place) if action != "sts:AssumeRole" else _role(role, place)
            allowed[arns].add(action)
    statements = [
        {"Effect": "Allow", "Action": sorted(actions), "Resource": list(arns) if len(arns) > 1 else arns[0]}
        for arns, actions in sorted(allowed.items())
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _role(role: str, place: Place) -> tuple[str, ...]:
    """The role of that name in any account: which ones there are, the centre knows; each says whom it trusts."""
    return (role if role.startswith("arn:") else f"arn:{place.partition}:iam::*:role/{role.lstrip('/')}",)
