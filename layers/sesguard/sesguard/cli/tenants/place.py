"""Proposes an account for each tenant of a file that names none, says why, and writes the file. Changes nothing.

A tenant is new where its streams name neither account nor region. Whole tenants go to one account: where SES's quotas
and the account's daily quota (80 % of it) have room, those that are new or risky away from those with a clean record.
What names an account stays there, and counts.

--accounts is YAML:

  accounts:
    - {account: "111122223333", region: eu-west-1, daily_quota: 8000000, sets: 12, identities: 40}
    - {account: "444455556666", region: eu-west-1, daily_quota: 500000, meant_for: new}
  tenants:
    acme: {daily_mails: 120000, record: clean}

daily_quota is the recipients that SES lets the account send a day (aws sesv2 get-account); sets and identities those
that others than this file's tenants use; meant_for is clean, or new for those that are new or risky. record is clean,
new or risky; a tenant that is not listed is new and sends little.

The file is written to standard output, as tenants export writes it, and why to standard error. --json prints one object
instead: placements (tenant, account, region, why).

Exit code: 0; 1 where a tenant fits into no account, which the file then leaves as it is; 2 for a command line or a file
that cannot be used.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from sesguard.cli.connect import DONE, REFUSED, USAGE
from sesguard.cli.screen import print_json
from sesguard.cli.tenants.planning import FileName, Scope, say_refused
from sesguard.cli.tenants.session import STANDARD_INPUT, read_standard_input
from sesguard.errors import why_unread
from sesguard.stream import StreamId
from sesguard.tenants.export import as_json_lines, as_yaml
from sesguard.tenants.file import read
from sesguard.tenants.parts import UNPLACED
from sesguard.tenants.place import Candidate, Placement, SendingRecord, Traits, place
from sesguard.tenants.problems import Problem, RegistryError
from sesguard.tenants.quotas import GUARDS_OWN, Home
from sesguard.tenants.yaml_text import read_yaml
from sesguard.text import one_line, read_whole

_Account = Annotated[str, msgspec.Meta(pattern="^[0-9]{12}$")]
_Region = Annotated[str, msgspec.Meta(pattern="^[a-z]{2,}(-[a-z0-9]+)+$", max_length=32)]
_Count = Annotated[int, msgspec.Meta(ge=0)]


class _Listed(msgspec.Struct, forbid_unknown_fields=True):
    account: _Account
    region: _Region
    daily_quota: _Count
    sets: _Count = GUARDS_OWN
    identities: _Count = 0
    meant_for: SendingRecord | None = None


class _Traits(msgspec.Struct, forbid_unknown_fields=True):
    daily_mails: _Count = 0
    record: SendingRecord = SendingRecord.NEW


class _Accounts(msgspec.Struct, forbid_unknown_fields=True):
    accounts: Annotated[list[_Listed], msgspec.Meta(min_length=1)]
    tenants: dict[str, _Traits] = {}


def run(
    file: FileName,
    /,
    *,
    accounts: Annotated[str, Parameter(metavar="FILE", help="the accounts, and what is known of tenants, in YAML")],
    json: Annotated[bool, Parameter(name="--json", help="one JSON document instead of the file")] = False,
) -> int:
    return say_refused(Scope(file, prune=False, adopt=False), lambda: _place(file, accounts, json=json), json=json)


def _place(file: str, accounts: str, *, json: bool) -> int:
    try:
        content = read_standard_input() if file == STANDARD_INPUT else read_whole(Path(file))
        known = _read_accounts(read_whole(Path(accounts)).decode())
    except OSError as problem:
        return _say(str(problem.filename or file), problem.strerror or type(problem).__name__)
    except UnicodeDecodeError as problem:
        return _say(accounts, why_unread(problem))
    except msgspec.ValidationError as problem:
        return _say(accounts, str(problem))
    lines = file.endswith(".jsonl")
    wanted = read(content, StreamId(*UNPLACED, ""), lines=lines)
    if problems := wanted.found.all():
        raise RegistryError(problems)
    places = [Candidate(Home(it.account, it.region), it.daily_quota, it.sets, it.identities, it.meant_for)
              for it in known.accounts]  # fmt: skip
    traits = {name: Traits(it.daily_mails, it.record) for name, it in known.tenants.items()}
    tenants, placements = place(wanted.registry.tenants, UNPLACED, places, traits)
    if json:
        print_json({"placements": [_as_dict(each) for each in placements]})
    else:
        for each in placements:
            where = f"{each.home.account}/{each.home.region}" if each.home else "nowhere"
            print(f"{one_line(each.tenant, 80)} → {where}: {one_line(each.why, 400)}", file=sys.stderr)
        write = as_json_lines if lines else as_yaml
        registry = msgspec.structs.replace(wanted.registry, tenants=tuple(tenants))
        sys.stdout.writelines(f"{line}\n" for line in write(registry, StreamId(*UNPLACED, "")))
    return REFUSED if any(each.home is None for each in placements) else DONE


def _say(name: str, problem: str) -> int:
    print(f"sesguard tenants place: {one_line(name, 200)}: {one_line(problem, 300)}", file=sys.stderr)
    return USAGE


def _read_accounts(text: str) -> _Accounts:
    """Raises msgspec.ValidationError, or RegistryError for what is no YAML."""
    document = read_yaml(text)
    accounts = msgspec.convert(document, _Accounts)
    homes = [(each.account, each.region) for each in accounts.accounts]
    twice = next((home for home in homes if homes.count(home) > 1), None)
    if twice is not None:
        problem = Problem(0, "accounts", "/".join(twice), "stands twice")
        raise RegistryError((problem,))
    return accounts


def _as_dict(found: Placement) -> dict[str, Any]:
    account, region = found.home or (None, None)
    return {"tenant": found.tenant, "account": account, "region": region, "why": found.why}
