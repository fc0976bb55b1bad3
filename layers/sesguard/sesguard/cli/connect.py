"""Finding the deployed guard with the operator's own AWS credentials, and saying what stands in the way."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Final

from sesguard.cli.local_cloud import LocalCloudError, local_cloud_here
from sesguard.cli.options import Where
from sesguard.errors import AwsError, ConfigurationError, ConflictError, SesguardError, StackError, code_of
from sesguard.members.address import AddressesError
from sesguard.pausing.record import Sending
from sesguard.stream import StreamId
from sesguard.tenants.items import RESERVED
from sesguard.tenants.keys import ACCOUNT, REGION, SET
from sesguard.text import one_line
from sesguard.wiring.operator import Guard, open_guard

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
ATTENTION: Final = 4
STILL_DUE: Final = 5

# What to do about an error, by its code; AWS's own messages may quote data.
_HINTS: Final = {
    "NoRegionError": "say --region, or set AWS_REGION",
    "ProfileNotFound": "aws configure list-profiles names those that there are",
    "NoCredentialsError": "there are no AWS credentials; use --profile, or sign in as for the AWS CLI",
    "PartialCredentialsError": "the AWS credentials are not complete",
    "ExpiredToken": "the AWS credentials have expired; sign in again",
    "ExpiredTokenException": "the AWS credentials have expired; sign in again",
    "SSOTokenLoadError": "sign in first: aws sso login",
    "UnauthorizedSSOTokenError": "the sign-in has expired: aws sso login",
    "TokenRetrievalError": "the sign-in has expired: aws sso login",
    "LoginTokenLoadError": "sign in first: aws login",
    "LoginRefreshRequired": "the sign-in has expired: aws login",
    "CredentialRetrievalError": "see --profile, and what that says of credentials",
    "UnusableCredentials": "the AWS credentials cannot be read or used as they are; see --profile",
    "ProxyConnectionError": "the proxy does not answer; see HTTPS_PROXY and NO_PROXY",
    "SSLError": "its certificate is not trusted; see AWS_CA_BUNDLE",
    "InvalidClientTokenId": "AWS does not know these credentials",
    "UnrecognizedClientException": "AWS does not know these credentials",
    "EndpointConnectionError": "nothing answers there; see --region and --endpoint-url",
    "UnreadableAnswer": "what answers there is not AWS; see --endpoint-url, and whether a proxy or a sign-in page does",
    "AccessDenied": "these credentials may not do that; sesguard permissions prints what is needed",
    "AccessDeniedException": "these credentials may not do that; sesguard permissions prints what is needed",
}


_NOT_CONFIGURED: Final = frozenset({"NoCredentialsError", "PartialCredentialsError", "UnusableCredentials"})
_NO_ANSWER: Final = frozenset({"EndpointConnectionError", "ConnectTimeoutError", "ConnectionClosedError"})


class UsageError(SesguardError):
    """The command line does not say what is needed."""


class UnknownStreamError(SesguardError):
    """There is no such ``stream``, neither on record nor in SES. ``more``: what to look at."""

    def __init__(self, stream: StreamId, more: str = "") -> None:
        super().__init__(f"there is no stream {stream}{more}")


class UnknownTenantError(SesguardError):
    """There is no such ``tenant`` among those that are registered."""

    def __init__(self, tenant: str, among: Collection[str] = ()) -> None:
        like = get_close_matches(tenant, [each for each in among if not each.startswith(RESERVED)], n=3)
        hint = f"; did you mean {' or '.join(like)}?" if like else ""
        super().__init__(f"no tenant {one_line(tenant, 80)!r} is registered{hint}")


def with_guard(where: Where, command: Callable[[Guard, datetime], int]) -> int:
    """Find the guard and run ``command`` on it; turn what stands in the way into a sentence and an exit code."""
    return answered(where, lambda: command(find(where), now()))


def answered(where: Where, work: Callable[[], int]) -> int:
    """Do ``work``; turn what stands in the way into a sentence and an exit code."""
    try:
        return work()
    except (UsageError, StreamNameError, AddressesError, LocalCloudError, ConfigurationError) as error:
        return _say(error, USAGE)
    except (UnknownStreamError, UnknownTenantError, ConflictError) as error:
        return _say(error, REFUSED)
    except StackError as error:
        return _say(error, UNREACHABLE)
    except AwsError as error:
        if where.local and error.code in _NO_ANSWER:
            error = AwsError(error.operation, f"{error.code}: the local cloud is not up: make run", retryable=True)
        return _say(error, USAGE if error.code in _NOT_CONFIGURED else UNREACHABLE)


def now() -> datetime:
    return datetime.now(UTC)


def find(where: Where) -> Guard:
    """Find the guard there. Raises LocalCloudError, ConfigurationError, StackError or AwsError."""
    if not where.local:
        return open_guard(where.stack_name, profile=where.profile, region=where.region, endpoint=where.endpoint_url)
    cloud = local_cloud_here()
    return open_guard(
        where.stack_name,
        region=where.region or cloud.region,
        endpoint=where.endpoint_url or cloud.endpoint,
        keys=cloud.keys,
    )


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


def in_words(error: Exception, most: int = 300) -> str:
    """Say an error in a line of at most ``most`` characters, and what to do about it where that is known."""
    hint = _HINTS.get(code_of(error))
    said = one_line(str(error), most)
    return f"{said.rstrip('.:')}: {hint}" if hint else said


def _say(error: Exception, code: int) -> int:
    print(f"sesguard: {in_words(error, 600)}", file=sys.stderr)
    return code


_RULES: Final = ((ACCOUNT, "account"), (REGION, "region"), (SET, "configuration set"))


class StreamNameError(SesguardError):
    """A text names no stream."""

    def __init__(self, text: str, problem: str) -> None:
        super().__init__(f"stream {one_line(text, 120)!r}: {problem}")


def stream_called(text: str, account: str, region: str) -> StreamId:
    """Complete a stream's name from the guard's own account and region. Raises StreamNameError."""
    parts = text.split("/")
    if len(parts) > 3:
        raise StreamNameError(text, "expected a configuration set, region/set or account/region/set")
    stream = StreamId(*[account, region][: 3 - len(parts)], *parts)
    for value, (rule, what) in zip(stream, _RULES, strict=True):
        if list(rule.wrong(value)):
            raise StreamNameError(text, f"{one_line(value, 80)!r} is no {what}")
    return stream
