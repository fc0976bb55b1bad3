"""The alarm of a stream, put and deleted by onboarding, which trips none and reads none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error
from sesguard.aws.cloudwatch.stream_alarm import alarm_name, put_alarm

if TYPE_CHECKING:
    from sesguard.aws.clients import Clients
    from sesguard.pausing.record import DesiredAlarm
    from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"cloudwatch:DeleteAlarms"})


class CloudWatchKeptAlarms:
    """The port ``KeptAlarms`` over CloudWatch. prefix: of the alarms' names. topic_arn: where they report."""

    def __init__(self, clients: Clients, prefix: str, topic_arn: str) -> None:
        self._clients = clients
        self._prefix = prefix
        self._topic_arn = topic_arn

    def ensure(self, stream: StreamId, wish: DesiredAlarm) -> None:
        put_alarm(self._clients.cloudwatch, self._prefix, self._topic_arn, stream, wish)

    def remove(self, stream: StreamId) -> None:
        # Of names that there are not it says nothing:
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html
        try:
            self._clients.cloudwatch.delete_alarms(AlarmNames=[alarm_name(self._prefix, stream)])
        except (ClientError, BotoCoreError) as error:
            failed = aws_error("DeleteAlarms", error)
            if failed.code not in {"ResourceNotFound", "ResourceNotFoundException"}:
                raise failed from None
