"""Writes what is registered as a file, which applied changes nothing.

Policies, pools, the operator's channels and all tenants; what is as the defaults have it is left out. YAML; with
--jsonl JSON lines, a tenant a line.

Exit code: 0; 1 where something that is registered is not usable and so is missing in the file, as standard error says;
2 for a command line that cannot be used; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sesguard.cli.connect import DONE, REFUSED, add_options, with_guard
from sesguard.cli.tenants.desk import registers, session_of
from sesguard.cli.tenants.plan_view import called
from sesguard.tenants.export import as_json_lines, as_yaml
from sesguard.text import one_line

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from sesguard.wiring.operator import Guard


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jsonl", action="store_true", help="JSON lines instead of YAML")
    add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write it, and give the exit code."""
    return with_guard(arguments, _run)


def _run(arguments: argparse.Namespace, guard: Guard, _: datetime) -> int:
    desk = session_of(guard)
    content = registers(desk).content
    write = as_json_lines if arguments.jsonl else as_yaml
    sys.stdout.writelines(f"{line}\n" for line in write(content.registry, desk.home))
    for item, problems in sorted(content.unusable.items()):
        print(f"sesguard: {one_line(called(item), 80)} is left out: {problems[0]}", file=sys.stderr)
    return REFUSED if content.unusable else DONE
