"""Telling people by mail through SES, and through SNS topics: the operator's own, and those of tenants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sesguard.aws.boto_types import SESV2Client
from sesguard.aws.clients import Clients, calling
from sesguard.errors import AwsError, ChannelError
from sesguard.notify.bad_contact import tags
from sesguard.notify.channel import Channel, Kind, fingerprint
from sesguard.notify.delivery_ports import Notice
from sesguard.text import ascii_line

# SNS encrypts with the rights of who publishes: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
ACTIONS: Final = frozenset({"ses:SendEmail", "sns:Publish", "kms:GenerateDataKey", "kms:Decrypt"})
# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
_LONGEST_SUBJECT, _MOST_BYTES = 100, 256 * 1024


class SesMail:
    """The port ``Sender`` for mail. It sends with the guard's own configuration set, never a tenant's."""

    def __init__(self, client: SESV2Client, sender: str, configuration_set: str) -> None:
        self._client = client
        self._sender = sender
        self._configuration_set = configuration_set

    def send(self, channel: Channel, notice: Notice) -> None:
        message, utf8 = notice.message, "UTF-8"
        known_by = tags(notice.tenant, fingerprint(channel.address))
        with _sending("SES", "SendEmail"):
            self._client.send_email(
                FromEmailAddress=self._sender,
                ConfigurationSetName=self._configuration_set,
                Destination={"ToAddresses": [channel.address]},
                EmailTags=[{"Name": name, "Value": value} for name, value in known_by.items()],
                Content={
                    "Simple": {
                        "Subject": {"Data": message.subject, "Charset": utf8},
                        "Body": {
                            "Text": {"Data": message.text, "Charset": utf8},
                            "Html": {"Data": message.html, "Charset": utf8},
                        },
                        # Answers by machines are not wanted: https://www.rfc-editor.org/rfc/rfc3834#section-5
                        "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
                    }
                },
            )


class SnsTopics:
    """The port ``Sender`` for SNS topics, wherever they are. operators_topic: the ARN of the operator's."""

    def __init__(self, clients: Clients, operators_topic: str) -> None:
        self._clients = clients
        self._operators_topic = operators_topic
        self._made: dict[str, Any] = {}

    def send(self, channel: Channel, notice: Notice) -> None:
        topic = self._operators_topic if channel.kind is Kind.TOPIC else channel.address
        if channel.kind is not Kind.TOPIC and topic == self._operators_topic:
            raise ChannelError("the topic is the guard's own, for the operator")
        region = topic.split(":")[3]
        self._made[region] = self._made.get(region) or self._clients.make("sns", region)
        subject = ascii_line(notice.message.subject, _LONGEST_SUBJECT) or "sesguard"
        text = notice.message.text.encode()[:_MOST_BYTES].decode(errors="ignore")
        with _sending("SNS", "Publish"):
            self._made[region].publish(TopicArn=topic, Subject=subject, Message=text)


@contextmanager
def _sending(service: str, operation: str) -> Iterator[None]:
    try:
        with calling(operation):
            yield
    except AwsError as failed:
        raise ChannelError(f"{service} refuses it with {failed.code}", retryable=failed.retryable) from None
