"""AWS clients: made when first used, from botocore alone, with time-outs that leave a function time to report.

botocore without boto3 makes a cold start about 35 ms shorter (measured 2026-11-21: 204 against 237 ms over a bare
interpreter with one DynamoDB client) and is otherwise the same client.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import botocore
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from sesguard.aws.boto_types import CloudWatchClient, DynamoDBClient, EventBridgeClient, SESV2Client, SNSClient
from sesguard.aws.query_answers import read_queries_plainly
from sesguard.aws.ses.unknown_members import keep_unknown
from sesguard.errors import AwsError, ConfigurationError

UNREADABLE_ANSWER: Final = "UnreadableAnswer"
"""The code of an error where what answers is no service of AWS."""

UNUSABLE_CREDENTIALS: Final = "UnusableCredentials"
"""The code of an error where credentials cannot be read, or nothing can be signed with them."""

_CREDENTIALS: Final = frozenset({"botocore.credentials", "botocore.auth"})

WORKERS = 16
"""Calls of one function that are under way at once; each needs a connection."""

# https://docs.aws.amazon.com/botocore/latest/reference/config.html. A call is tried three times with short pauses, so
# one that gets no answer takes about 14 s at most; what then failed comes again with its message.
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=WORKERS,
)

# One try, because each counts against SES's one call a second; an answer is waited for no longer than the line is held.
_ONE_TRY = Config(connect_timeout=2, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 1})

# Codes that time can heal, beside every 429, every 5xx and whatever is called throttled, for which each service has its
# own word (SNS KMSThrottling, SQS RequestThrottled):
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html and CommonErrors of each API.
_RETRYABLE = frozenset(
    """
    TooManyRequestsException RequestLimitExceeded
    ProvisionedThroughputExceededException LimitExceededException TransactionInProgressException
    TransactionConflictException TransactionCanceledException InternalServerError InternalFailure
    InternalServiceFault ServiceUnavailable RequestTimeout RequestTimeoutException SlowDown
    ConflictException ConcurrentModificationException
    """.split()
)
_TOO_MANY: Final = 429


LOST: Final = frozenset({"ConditionalCheckFailed", "TransactionConflict"})
"""Why a transaction is cancelled where another writer was first, or is at it."""

# As the AWS CLI and all other SDKs read it, which botocore alone does not:
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html
_SESSION_VARS: Final = {"region": ("region", ["AWS_REGION", "AWS_DEFAULT_REGION"], None, None)}

# With keys of one's own a profile that the environment names has no say, not even that it does not exist.
_NO_PROFILE: Final = {"profile": (None, None, None, None)}

MODELS: Final = Path(__file__).resolve().parents[2] / "sesguard_models"
"""How SES v2 is described by the botocore that was tested, in the layer: see layers/sesguard/models.in."""


def new_session(models: Path = MODELS) -> Session:
    """Make a session that knows SES as it was tested, whatever botocore comes with the runtime."""
    session = Session()
    if models.is_dir():
        session.get_component("data_loader").search_paths.insert(0, str(models))
    return session


def sdk_version() -> tuple[int, ...]:
    """Give the version of AWS's library."""
    return tuple(int(part) for part in botocore.__version__.split(".") if part.isdecimal())


_THIS_MACHINE: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class Clients:
    """The clients of one process, each made once.

    session: whose credentials and region. endpoint: the URL of what answers in AWS's place, if not as configured.
    """

    config = _CONFIG

    def __init__(self, session: Session | None = None, endpoint: str | None = None) -> None:
        self.session = session or new_session()
        self.endpoint = endpoint

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        client: DynamoDBClient = self.make("dynamodb")
        read_queries_plainly(client)
        return client

    @cached_property
    def cloudwatch(self) -> CloudWatchClient:
        client: CloudWatchClient = self.make("cloudwatch")
        return client

    @cached_property
    def events(self) -> EventBridgeClient:
        client: EventBridgeClient = self.make("events")
        return client

    @cached_property
    def sns(self) -> SNSClient:
        client: SNSClient = self.make("sns")
        return client

    @cached_property
    def sesv2(self) -> SESV2Client:
        client: SESV2Client = self.make("sesv2")
        return client

    def prepare(self, *names: str) -> Self:
        """Make the clients of that names now, such as while a function starts, when Lambda gives it more CPU."""
        for name in names:
            getattr(self, name)
        return self

    def make(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401  # botocore knows only its base class
        return self.session.create_client(service, region_name=region, endpoint_url=self.endpoint, config=self.config)


class OperatorClients(Clients):
    """Clients of a person at a terminal, who rather waits than reads of a time-out.

    profile, region: "" for what AWS's own configuration says. keys: an access key and its secret, in the place of what
    that configuration says.
    """

    config = Config(
        connect_timeout=5,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=WORKERS,
    )

    def __init__(
        self, profile: str = "", region: str = "", endpoint: str | None = None, keys: tuple[str, str] | None = None
    ) -> None:
        variables = _SESSION_VARS if keys is None else {**_SESSION_VARS, **_NO_PROFILE}
        session = Session(profile=profile or None, session_vars=variables)
        if region:
            session.set_config_variable("region", region)
        if keys is not None:
            session.set_credentials(*keys)
        super().__init__(session, endpoint or None)
        self.config = _past_proxies(self.config, endpoint)

    @classmethod
    def of_session(cls, session: Session, endpoint: str | None) -> Self:
        """Make the clients of a session that has its region and credentials."""
        made = cls.__new__(cls)
        Clients.__init__(made, session, endpoint)
        made.config = _past_proxies(cls.config, endpoint)
        return made

    def make(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401  # as above
        """Make a client. Raises ConfigurationError where profile, region or endpoint cannot be used."""
        try:
            return super().make(service, region)
        except (BotoCoreError, ValueError, OSError) as error:  # ValueError: of a URL or region that cannot be one
            said = f"{error.filename!r}: {error.strerror}" if isinstance(error, OSError) else str(error)
            found = not _CREDENTIALS.isdisjoint(_modules(error.__traceback__)) and not isinstance(error, BotoCoreError)
            said = f"the AWS credentials cannot be read: {said}" if found else said
            raise ConfigurationError(type(error).__name__, said) from None


def _past_proxies(config: Config, endpoint: str | None) -> Config:
    """Give a configuration that reaches this machine itself, such as the local cloud, whatever proxies there are."""
    try:
        here = urlsplit(endpoint or "").hostname in _THIS_MACHINE
    except ValueError:  # it is no URL, which is said where a client is made
        here = False
    return config.merge(Config(proxies={})) if here else config


class OnboardClients(Clients):
    """The clients of onboard: those of SES never try again by themselves, and lose nothing that they do not know."""

    def make(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401  # botocore knows only its base class
        if service != "sesv2":
            return super().make(service, region)
        client = self.session.create_client(service, region_name=region, endpoint_url=self.endpoint, config=_ONE_TRY)
        keep_unknown(client)
        return client


class _Calling:
    """Plain, as a look at a stream makes ten of them, and what contextlib makes takes six times as long."""

    __slots__ = ("_codes", "_operation")

    def __init__(self, operation: str, codes: tuple[str, ...] = ()) -> None:
        self._operation = operation
        self._codes = codes

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, (ClientError, BotoCoreError)):
            error = aws_error(self._operation, error)
            if error.code not in self._codes:
                raise error from None
        elif isinstance(error, Exception):
            where = _modules(trace)
            if where[-1:] == ["botocore.parsers"]:
                raise AwsError(self._operation, UNREADABLE_ANSWER, retryable=True) from None
            if not _CREDENTIALS.isdisjoint(where):
                raise AwsError(self._operation, UNUSABLE_CREDENTIALS, retryable=False) from None
        return isinstance(error, AwsError) and error.code in self._codes


def _modules(trace: TracebackType | None) -> list[str]:
    """Give the modules in which an error was raised, the innermost last: they say what AWS's library gave up on.

    Of an answer (a proxy's, a sign-in page's, that of no service of AWS) and of credentials it raises whatever it comes
    upon, a KeyError or its own ResponseParserError, which is no BotoCoreError.
    """
    found = []
    while trace is not None:
        found.append(str(trace.tb_frame.f_globals.get("__name__")))
        trace = trace.tb_next
    return found


def calling(operation: str) -> AbstractContextManager[None]:
    """Turn what AWS's library raises within the block into an AwsError of ``operation``."""
    return _Calling(operation)


def calling_unless(operation: str, *codes: str) -> AbstractContextManager[None, bool]:
    """The same; an answer with one of ``codes``, or an AwsError with it, ends the block and is no error."""
    return _Calling(operation, codes)


def aws_error(operation: str, error: ClientError | BotoCoreError) -> AwsError:
    """Say what went wrong in the guard's own words; the service's message may quote data, so it is left out."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "Unknown")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if reasons := _reasons(error):
            return AwsError(operation, reasons[0], retryable=reasons[0] != "ValidationError")
        return AwsError(operation, code, retryable=_passes(code, status))
    return AwsError(operation, type(error).__name__, retryable=True)


def _passes(code: str, status: int) -> bool:
    """Whether time can heal what a service refuses so."""
    return code in _RETRYABLE or "throttl" in code.lower() or status == _TOO_MANY or status >= 500


def _reasons(error: ClientError) -> list[str]:
    """Why a transaction was cancelled, first that another writer was first or is at it."""
    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    reasons: Any = error.response.get("CancellationReasons", ())
    codes = [code for reason in reasons if (code := reason.get("Code", "None")) != "None"]
    return sorted(codes, key=lambda code: code not in LOST)
