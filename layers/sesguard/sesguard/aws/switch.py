"""A stream's sending is turned on and off in SES, by the v2 API: only there can a role be limited to certain sets."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import Clients, aws_error
from sesguard.ports import Sending
from sesguard.stream import StreamId

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

ACTIONS: Final = frozenset({"ses:GetConfigurationSet", "ses:PutConfigurationSetSendingOptions"})
_NO_SUCH_SET: Final = "NotFoundException"


class SesSwitch:
    """The port ``Switch`` over SES. A stream of another account than ``account`` is out of reach: an unknown set.

    apart: seconds between two calls to a region. SES takes one control call a second for an account and region
    (https://docs.aws.amazon.com/ses/latest/dg/quotas.html); who has time keeps to it and leaves room for pauses.
    """

    def __init__(
        self, clients: Clients, account: str, region: str, apart: float = 0.0, sleep: Callable[[float], None] = sleep
    ) -> None:
        self._clients = clients
        self._account = account
        self._region = region
        self._apart = apart
        self._sleep = sleep
        self._called: dict[str, float] = {}

    def look(self, stream: StreamId) -> Sending:
        if stream.account != self._account:
            return Sending.UNKNOWN_SET
        try:
            found = self._client(stream).get_configuration_set(ConfigurationSetName=stream.configuration_set)
        except (ClientError, BotoCoreError) as error:
            return _unknown_set("GetConfigurationSet", error)
        # The default of a new set: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendingOptions.html
        enabled = found.get("SendingOptions", {}).get("SendingEnabled", True)
        return Sending.ON if enabled else Sending.OFF

    def turn(self, stream: StreamId, *, on: bool) -> Sending:
        if stream.account != self._account:
            return Sending.UNKNOWN_SET
        try:
            self._client(stream).put_configuration_set_sending_options(
                ConfigurationSetName=stream.configuration_set, SendingEnabled=on
            )
        except (ClientError, BotoCoreError) as error:
            return _unknown_set("PutConfigurationSetSendingOptions", error)
        return Sending.ON if on else Sending.OFF

    def _client(self, stream: StreamId) -> SESV2Client:
        last = self._called.get(stream.region)
        if self._apart and last is not None and (wait := last + self._apart - monotonic()) > 0:
            self._sleep(wait)
        self._called[stream.region] = monotonic()
        return self._clients.sesv2 if stream.region == self._region else self._clients.sesv2_in(stream.region)


def _unknown_set(operation: str, error: ClientError | BotoCoreError) -> Sending:
    """Take SES's "there is no such set" for an answer, and raise AwsError for all else."""
    failed = aws_error(operation, error)
    if failed.code == _NO_SUCH_SET:
        return Sending.UNKNOWN_SET
    raise failed from None
