"""SMTP credentials of a registered stream: an IAM user that may send by its configuration set and as its identities.

create makes them, keeps them in Secrets Manager (sesguard/smtp/REGION/SET) and shows the password this once. rotate
makes a new password while the old one still works; once nobody uses that, rotate --finish deletes it. revoke takes
them away: mail with them is refused from then on. A user or a secret of that name that somebody else made is left
alone. --policy prints the same IAM policy for who sends by API, and does nothing.

IAM can ask for the identity and for the set that applies, and for nothing where no set applies: every identity of the
stream has to have the stream's set as its default. One that has not is said, and sesguard tenants repair mends it.

--json prints one object: stream, user, secret, credentials (username, password, host, port, configuration_set), old
(keys that still work), deleted, without_default_set.

Exit code: 0; 1 where it cannot be done, or was not agreed to; 2 for a command line that cannot be used; 3 where AWS or
the stack cannot be reached; 4 where it is done, and an identity lacks the set as its default.
"""

from __future__ import annotations

import json as json_text
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from sesguard.cli.asking import agreed
from sesguard.cli.connect import ATTENTION, DONE, REFUSED, stream_called, with_guard
from sesguard.cli.options import HERE, Json, StreamName, Where, Yes
from sesguard.cli.screen import console, facts, plain, print_json
from sesguard.cli.tenants.session import open_session, read_registry
from sesguard.provisioning.smtp import loose_identities, sending_policy, user_name
from sesguard.provisioning.smtp_credentials import Made, SmtpError
from sesguard.stream import StreamId
from sesguard.tenants.model import StreamEntry
from sesguard.text import one_line
from sesguard.wiring.operator import Guard
from sesguard.wiring.posture_look import identities_of
from sesguard.wiring.registry import smtp_credentials

Policy = Annotated[bool, Parameter(name="--policy", negative="", help="print its IAM policy, and do nothing")]


def create(stream: StreamName, /, *, policy: Policy = False, json: Json = False, where: Where = HERE) -> int:
    def work(guard: Guard) -> int:
        entry = _entry(guard, stream)
        if policy:
            print_json(sending_policy(entry, guard.partition))
            return DONE
        return _show(guard, entry, smtp_credentials(guard).create(entry), json=json)

    return with_guard(where, lambda guard, _: _said(lambda: work(guard)))


def rotate(
    stream: StreamName,
    /,
    *,
    finish: Annotated[bool, Parameter(negative="", help="delete the old password")] = False,
    json: Json = False,
    where: Where = HERE,
) -> int:
    def work(guard: Guard) -> int:
        entry = _entry(guard, stream)
        if not finish:
            return _show(guard, entry, smtp_credentials(guard).rotate(entry), json=json)
        return _gone(entry.stream, smtp_credentials(guard).finish(entry.stream), json=json)

    return with_guard(where, lambda guard, _: _said(lambda: work(guard)))


def revoke(stream: StreamName, /, *, yes: Yes = False, json: Json = False, where: Where = HERE) -> int:
    """Take them away, and give the exit code. The stream need not be registered any more."""

    def work(guard: Guard) -> int:
        found = stream_called(stream, guard.stack.account, guard.stack.region)
        _own(guard, found)
        if not agreed(f"Mail with the SMTP credentials of {found} will be refused.", yes=yes):
            return REFUSED
        done = smtp_credentials(guard).revoke(found)
        if json:
            print_json({"stream": str(found), "user": user_name(found), "deleted": [user_name(found)] if done else []})
        else:
            console().print(plain(f"revoked: {user_name(found)}" if done else f"{found} has no SMTP credentials"))
        return DONE

    return with_guard(where, lambda guard, _: _said(lambda: work(guard)))


def _said(work: Callable[[], int]) -> int:
    try:
        return work()
    except SmtpError as error:
        print(f"sesguard: {one_line(str(error), 400)}", file=sys.stderr)
        return REFUSED


def _own(guard: Guard, stream: StreamId) -> None:
    stack = guard.stack
    if stream[:2] != (stack.account, stack.region):
        message = f"{stream} is not in {stack.account} {stack.region}: use credentials and --region of where it is"
        raise SmtpError(message)


def _entry(guard: Guard, text: str) -> StreamEntry:
    """The stream as it is registered. Raises SmtpError, StreamNameError or AwsError."""
    stream = stream_called(text, guard.stack.account, guard.stack.region)
    _own(guard, stream)
    registry = read_registry(open_session(guard)).content.registry
    for tenant in registry.tenants:
        for entry in tenant.streams:
            if entry.stream == stream:
                if not entry.identities:
                    raise SmtpError(f"{stream} names no identities in the registry: there is nothing it may send as")
                return entry
    raise SmtpError(f"{stream} is no tenant's stream: register it first")


def _show(guard: Guard, entry: StreamEntry, made: Made, *, json: bool) -> int:
    """Show credentials, this once; say which identities let mail go by another set."""
    kept = json_text.loads(made.text)
    reader = identities_of(guard)
    defaults = {
        name: found.default_set if (found := reader.read(name)) is not None else None for name in entry.identities
    }
    loose = loose_identities(entry, defaults)
    user = user_name(entry.stream)
    if json:
        print_json(
            {
                "stream": str(entry.stream),
                "user": user,
                "secret": made.secret,
                "credentials": kept,
                "old": list(made.old),
                "without_default_set": list(loose),
            }
        )
    else:
        screen = console()
        screen.print(facts(*((name, str(value)) for name, value in kept.items()), ("kept as", made.secret)))
        screen.print(Text("The password is shown this once; Secrets Manager has it.", style="dim"))
        if made.old:
            screen.print(plain("The old one works until: sesguard tenants smtp rotate --finish"))
    for name in loose:
        print(
            f"sesguard: {one_line(name, 200)} has another default set, or none: mail that names no set is not "
            f"{entry.configuration_set}'s. sesguard tenants repair mends it.",
            file=sys.stderr,
        )
    return ATTENTION if loose else DONE


def _gone(stream: StreamId, old: Sequence[str], *, json: bool) -> int:
    if json:
        print_json({"stream": str(stream), "user": user_name(stream), "deleted": list(old)})
    else:
        console().print(f"deleted: {', '.join(old)}" if old else "there is no old password")
    return DONE
