"""Makes streams of tenants true in SES again, although the registry has not changed.

What somebody deleted or changed by hand comes back as it should be, and streams that failed are tried again, of the
tenants that you name, or with --all of all. What waits already is not touched, and sending never. See "sesguard tenants
status" for how far it has come; at one call a second that takes some seconds a stream.

--json prints one object: repaired, the number of streams that were lined up.

Exit code: 0; 1 where there is no such tenant; 2 for a command line that cannot be used; 3 where AWS or the stack cannot
be reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sesguard.aws.tables.provisioning import DynamoProvisioningTasks
from sesguard.cli.connect import DONE, UsageError, add_json, add_options, with_guard
from sesguard.cli.screen import console, counted, print_json
from sesguard.cli.tenants.desk import entries, registers, said_unknown, session_of
from sesguard.provisioning.repair import repair
from sesguard.tenants.model import Registry
from sesguard.tenants.preflight import streams_at

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from datetime import datetime

    from sesguard.stream import StreamId
    from sesguard.wiring.operator import Guard


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tenants", metavar="ID", nargs="*", help="a tenant's id")
    parser.add_argument("--all", action="store_true", help="the streams of every tenant")
    add_json(parser)
    add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Line them up, and give the exit code."""
    return said_unknown(lambda: with_guard(arguments, _run))


def _run(arguments: argparse.Namespace, guard: Guard, now: datetime) -> int:
    if bool(arguments.tenants) == arguments.all:
        raise UsageError("name the tenants, or say --all")
    desk = session_of(guard)
    registry = registers(desk).content.registry
    if arguments.tenants:
        registry = Registry(tenants=entries(registry, arguments.tenants))
    repaired = repair_streams(guard, [entry.stream for entry in streams_at(registry, desk.home)], now)
    if arguments.json:
        print_json({"repaired": repaired})
    else:
        said = f"{counted(repaired, 'stream')} will be made true again"
        console().print(f"{said}, from the next minute on: see sesguard tenants status.")
    return DONE


def repair_streams(guard: Guard, streams: Iterable[StreamId], now: datetime) -> int:
    """Line streams up, which the guard sees within a minute; how many. Raises StackError or AwsError."""
    rows = DynamoProvisioningTasks(guard.clients.dynamodb, guard.stack.output("OnboardingTableName"))
    return repair(rows, streams, now)
