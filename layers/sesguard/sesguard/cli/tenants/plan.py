"""Shows what applying a file of tenants would change in the registry, and so in SES; changes nothing.

FILE is YAML, or JSON lines with a tenant a line. All that is wrong in it is said at once, with line, key, value and
what to do, together with what SES, as it is, would refuse: identities that it does not have or has not verified, pools
and configuration sets past its quotas. Tenants that are registered and not in the file stay as they are, unless you say
--prune.

--adopt lets the guard set up configuration sets that exist already and that it did not make: it sets adopt on those
streams of the file. What is adopted stays so when you apply without --adopt again.

--json prints one object: changes (id, kind: tenant, policy, pool or operator; action: create, change, replace, remove;
name; fields: key, old, new; streams: stream, action, fields, ses_calls), unchanged, left (ids that the file does not
have), existing (streams whose sets exist and are not adopted), elsewhere (streams of other accounts or regions),
ses_calls, seconds, quotas (account, region, what, needs, most, split: tenants and sets of each further account, and
too_large). Where the file is wrong: problems (line, key, value, remedy).

--accounts plans one file for all guards (of the centre's list, or of --accounts-file). Each takes the tenants that have
a stream in its account and region, whole; the pools that those streams name; all policies and the operator's channels.
A stream says its account and region, unless all guards have them in common; one where no guard stands is an error, and
so is a policy or pool that is not in the file. A tenant that is registered somewhere and has no stream there in the
file stays there, unless you say --prune. A guard that cannot be read is named, and the others are planned. --json then
prints guards (of each: guard, and the keys above), unread (guard, problem), pools_unused (pools that no stream names),
ses_calls, and seconds, which is the longest of the guards', as they work side by side.

Exit code: 0; with --detailed-exitcode 4 where there are changes; 1 where the plan is past a quota of SES; 2 for a
command line or a file that cannot be used; 3 where AWS, the stack or some guard cannot be reached.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from sesguard.cli.across import ONE, Across, Guards, find_guards
from sesguard.cli.connect import ATTENTION, DONE, REFUSED, UNREACHABLE, answered, with_guard
from sesguard.cli.options import HERE, Json, Where
from sesguard.cli.screen import console, print_json
from sesguard.cli.tenants.many_view import many_as_dict, show_many
from sesguard.cli.tenants.plan_view import as_dict, show
from sesguard.cli.tenants.planning import Adopt, FileName, Prune, Scope, make_plan, say_refused
from sesguard.cli.tenants.planning_many import make_plans
from sesguard.cli.tenants.session import open_session
from sesguard.wiring.operator import Guard


def run(
    file: FileName,
    /,
    *,
    prune: Prune = False,
    adopt: Adopt = False,
    detailed_exitcode: Annotated[bool, Parameter(help="end with 4 where there are changes")] = False,
    json: Json = False,
    across: Across = ONE,
    where: Where = HERE,
) -> int:
    scope = Scope(file, prune=prune, adopt=adopt)

    def command() -> int:
        if across.several:
            return answered(where, lambda: _show_many(find_guards(where, across), scope, json=json))
        return with_guard(where, lambda guard, _: _show(guard, scope, json=json))

    code = say_refused(scope, command, json=json)
    return DONE if code == ATTENTION and not detailed_exitcode else code


def _show(guard: Guard, scope: Scope, *, json: bool) -> int:
    found = make_plan(scope, open_session(guard))
    if json:
        print_json(as_dict(found))
    else:
        show(console(), found)
    if found.refused:
        return REFUSED
    return ATTENTION if found.plan.changes else DONE


def _show_many(guards: Guards, scope: Scope, *, json: bool) -> int:
    found = make_plans(scope, guards)
    if json:
        print_json(many_as_dict(found))
    else:
        show_many(console(), found)
    if found.refused:
        return REFUSED
    if found.unread:
        return UNREACHABLE
    return ATTENTION if found.changes else DONE
