"""Telling people: owners by mail through SES, the operator through an SNS topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient

ACTIONS: Final = frozenset({"ses:SendEmail", "sns:Publish"})


class SesMail:
    """The port ``Mail`` over SES. It sends with the guard's own configuration set, never a tenant's."""

    def __init__(self, client: SESV2Client, sender: str, configuration_set: str) -> None:
        self._client = client
        self._sender = sender
        self._configuration_set = configuration_set

    def send(self, to: str, subject: str, text: str) -> None:
        utf8 = "UTF-8"
        try:
            self._client.send_email(
                FromEmailAddress=self._sender,
                ConfigurationSetName=self._configuration_set,
                Destination={"ToAddresses": [to]},
                Content={
                    "Simple": {
                        "Subject": {"Data": subject, "Charset": utf8},
                        "Body": {"Text": {"Data": text, "Charset": utf8}},
                        # Answers by machines are not wanted: https://www.rfc-editor.org/rfc/rfc3834#section-5
                        "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
                    }
                },
            )
        except (ClientError, BotoCoreError) as error:
            raise aws_error("SendEmail", error) from None


class SnsOperatorLine:
    """The port ``OperatorLine`` over SNS."""

    def __init__(self, client: SNSClient, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def tell(self, subject: str, text: str) -> None:
        try:
            self._client.publish(TopicArn=self._topic_arn, Subject=subject, Message=text)
        except (ClientError, BotoCoreError) as error:
            raise aws_error("Publish", error) from None
