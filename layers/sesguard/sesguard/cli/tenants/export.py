"""Writes what is registered as a file, which applied changes nothing.

Policies, pools, the operator's channels and all tenants; what is as the defaults have it is left out. YAML; with
--jsonl JSON lines, a tenant a line.

Exit code: 0; 1 where something that is registered is not usable and so is missing in the file, as standard error says;
2 for a command line that cannot be used; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

from sesguard.cli.connect import DONE, REFUSED, with_guard
from sesguard.cli.options import HERE, Where
from sesguard.cli.tenants.plan_view import called
from sesguard.cli.tenants.session import open_session, read_registry
from sesguard.tenants.export import as_json_lines, as_yaml
from sesguard.text import one_line
from sesguard.wiring.operator import Guard


def run(
    *,
    jsonl: Annotated[bool, Parameter(help="JSON lines instead of YAML")] = False,
    where: Where = HERE,
) -> int:
    return with_guard(where, lambda guard, _: _write(guard, jsonl=jsonl))


def _write(guard: Guard, *, jsonl: bool) -> int:
    session = open_session(guard)
    content = read_registry(session).content
    write = as_json_lines if jsonl else as_yaml
    sys.stdout.writelines(f"{line}\n" for line in write(content.registry, session.home))
    for item, problems in sorted(content.unusable.items()):
        print(f"sesguard: {one_line(called(item), 80)} is left out: {problems[0]}", file=sys.stderr)
    return REFUSED if content.unusable else DONE
