"""Prints an IAM policy to paste: what AWS has to allow for whoever gives these commands, and nothing else.

Without COMMAND, for all of them; "tenants" stands for all commands of that word. It calls nobody: what each command
needs is what its code declares. Where AWS allows it, resources are those of the stack; --account and --region narrow
them to where it is. What CloudFormation names is named one by one where something changes it, and by how names begin
where it is only read: who reads mail's queues, rules and functions reads those of a stack mail-test. Of a --stack-name
of over 23 letters, which CloudFormation cuts, all of it goes by how names begin.

Whoever may use tenants smtp writes the policies of its users, sesguard-REGION-SET, and so may give them any right.

--accounts adds what its caller needs: to read the centre's list, and to take the role of each other account. The policy
of that role is what this prints without it, for the commands that are to be given there (docs/accounts.md).

Exit code: 0; 2 for a command line that cannot be used.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Final

from cyclopts import Parameter

from sesguard.cli.connect import DONE, USAGE
from sesguard.cli.options import RoleName, StackName
from sesguard.cli.screen import print_json
from sesguard.members.address import ROLE
from sesguard.provisioning.smtp import policy_length
from sesguard.tenants.keys import ACCOUNT, REGION
from sesguard.text import one_line
from sesguard.wiring.arns import Place
from sesguard.wiring.permissions import COMMANDS, COMMANDS_ALIKE, make_policy

LONGEST: Final = 6_144
"""Characters of a managed policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def run(
    commands: Annotated[tuple[str, ...], Parameter(name="COMMAND", help="as hold, or tenants, or 'tenants list'")] = (),
    /,
    *,
    stack_name: StackName = "sesguard",
    account: Annotated[str, Parameter(metavar="ID", help="the account that it is in (any)")] = "*",
    region: Annotated[str, Parameter(metavar="NAME", help="the region that it is in (any)")] = "*",
    accounts: Annotated[bool, Parameter(negative="", help="with --accounts, by a role of each account")] = False,
    role: RoleName = ROLE,
) -> int:
    if problem := _problem(commands, account, region):
        print(f"sesguard permissions: {problem}", file=sys.stderr)
        return USAGE
    chosen = [known for command in commands for known in _known(command)] or list(COMMANDS)
    policy = make_policy(chosen, Place(stack_name, account, region), role if accounts else "")
    print_json(policy)
    if (length := policy_length(policy)) > LONGEST:
        print(
            f"sesguard permissions: {length:,} characters, and a managed policy takes {LONGEST:,}: print one for some "
            "of the commands and one for the rest",
            file=sys.stderr,
        )
    return DONE


def _known(command: str) -> Iterator[str]:
    """The commands that a word stands for."""
    for each in (*COMMANDS, *COMMANDS_ALIKE):
        if each == command or each.startswith(f"{command} "):
            yield each


def _problem(commands: tuple[str, ...], account: str, region: str) -> str:
    """What is wrong with the command line, "" for nothing."""
    for value, rule, what in ((account, ACCOUNT, "account"), (region, REGION, "region")):
        if value != "*" and list(rule.wrong(value)):
            return f"--{what} {one_line(value, 80)!r}: that is no {what}"
    unknown = next((each for each in commands if not list(_known(each))), None)
    if unknown is None:
        return ""
    words = {word for each in COMMANDS for word in (each, each.split()[0])}
    near = get_close_matches(unknown, sorted(words), n=1)
    return f"there is no command {one_line(unknown, 80)!r}" + (f"; did you mean {near[0]}?" if near else "")
