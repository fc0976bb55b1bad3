"""Finding the deployed guard with the operator's own AWS credentials, and saying what stands in the way."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError
from botocore.session import Session

from sesguard.aws.stack import StackError
from sesguard.cli.stream_names import StreamNameError, stream_called
from sesguard.errors import AwsError, ConflictError, SesguardError
from sesguard.pausing.record import Sending
from sesguard.text import one_line
from sesguard.wiring.operator import Guard, OperatorClients, find_guard

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from sesguard.stream import StreamId

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
ATTENTION: Final = 4
STILL_DUE: Final = 5

# What to do about an error, by its code; AWS's own messages may quote data.
_HINTS: Final = {
    "NoCredentialsError": "there are no AWS credentials; use --profile, or sign in as for the AWS CLI",
    "PartialCredentialsError": "the AWS credentials are not complete",
    "ExpiredToken": "the AWS credentials have expired; sign in again",
    "ExpiredTokenException": "the AWS credentials have expired; sign in again",
    "InvalidClientTokenId": "AWS does not know these credentials",
    "UnrecognizedClientException": "AWS does not know these credentials",
    "EndpointConnectionError": "nothing answers there; see --region and --endpoint-url",
    "AccessDenied": "these credentials may not do that; the README lists the actions",
    "AccessDeniedException": "these credentials may not do that; the README lists the actions",
}


class UsageError(SesguardError):
    """The command line does not say what is needed."""


class UnknownStreamError(SesguardError):
    """There is no such ``stream``, neither on record nor in SES. ``more``: what to look at."""

    def __init__(self, stream: StreamId, more: str = "") -> None:
        super().__init__(f"there is no stream {stream}{more}")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the guard is, as the AWS CLI has them."""
    where = parser.add_argument_group("where the guard is (as for the AWS CLI)")
    where.add_argument("--profile", help="credentials and region of that profile")
    where.add_argument("--region", help="the region that the guard is deployed in")
    where.add_argument(
        "--stack-name",
        default=os.environ.get("SESGUARD_STACK", "sesguard"),
        help="the guard's stack (SESGUARD_STACK, else sesguard)",
    )
    where.add_argument("--endpoint-url", help="of what answers in AWS's place (AWS_ENDPOINT_URL), as the local cloud")


def add_stream(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "stream", metavar="STREAM", help="a configuration set; region/set or account/region/set where it is elsewhere"
    )


def add_json(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document instead of text")


def with_guard(arguments: argparse.Namespace, command: Callable[[argparse.Namespace, Guard, datetime], int]) -> int:
    """Find the guard and run ``command`` on it; turn what stands in the way into a sentence and an exit code."""
    try:
        return command(arguments, find(arguments), now())
    except (UsageError, StreamNameError) as error:
        return _say(error, USAGE)
    except (UnknownStreamError, ConflictError) as error:
        return _say(error, REFUSED)
    except (StackError, AwsError) as error:
        return _say(error, UNREACHABLE)
    except BotoCoreError as error:  # no such profile, no region, no credentials
        return _say(error, UNREACHABLE)


def now() -> datetime:
    return datetime.now(UTC)


def find(arguments: argparse.Namespace) -> Guard:
    """Find the guard that the options say. Raises UsageError, StackError, AwsError or BotoCoreError."""
    session = Session(profile=arguments.profile)
    if arguments.region:
        session.set_config_variable("region", arguments.region)
    try:
        return find_guard(OperatorClients(session, arguments.endpoint_url), arguments.stack_name)
    except ValueError as error:  # botocore's for a URL or region that cannot be one
        raise UsageError(str(error)) from None


def known_stream(text: str, guard: Guard) -> StreamId:
    """Give the stream that ``text`` names, if it is on record or SES has it.

    Raises StreamNameError, UnknownStreamError with what looks like it, or AwsError.
    """
    stream = stream_called(text, guard.stack.account, guard.stack.region)
    if guard.deps.streams.load(stream).known or guard.deps.switch.look(stream) is not Sending.UNKNOWN_SET:
        return stream
    raise UnknownStreamError(stream, _like(stream, guard))


def _like(stream: StreamId, guard: Guard) -> str:
    """The names that come near, in words; nothing where there are none or SES does not list them."""
    on_record = {each.configuration_set for each in guard.deps.streams.not_healthy()}
    try:
        names = on_record | set(guard.configuration_sets())
    except AwsError:
        names = on_record
    near = get_close_matches(stream.configuration_set, sorted(names), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(near)}?" if near else f" among {len(names):,} configuration sets"


def _say(error: Exception, code: int) -> int:
    hint = _HINTS.get(getattr(error, "code", type(error).__name__))
    print(f"sesguard: {one_line(str(error), 600)}{f': {hint}' if hint else ''}", file=sys.stderr)
    return code
