"""The usual handler, to compare with: Powertools takes one record at a time, pydantic parses it, one item is updated.

Written as the documentation of both suggests: https://docs.aws.amazon.com/powertools/python/latest/utilities/batch/
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from pydantic import BaseModel, Field


class Header(BaseModel):
    name: str
    value: str


class Mail(BaseModel):
    timestamp: datetime
    source: str
    source_arn: str = Field(alias="sourceArn")
    sending_account_id: str = Field(alias="sendingAccountId")
    message_id: str = Field(alias="messageId")
    destination: list[str]
    headers: list[Header] = []
    tags: dict[str, list[str]] = {}


class BouncedRecipient(BaseModel):
    email_address: str = Field(alias="emailAddress")
    status: str | None = None
    diagnostic_code: str | None = Field(alias="diagnosticCode", default=None)


class Bounce(BaseModel):
    bounce_type: str = Field(alias="bounceType")
    bounce_sub_type: str = Field(alias="bounceSubType")
    bounced_recipients: list[BouncedRecipient] = Field(alias="bouncedRecipients")
    timestamp: datetime
    feedback_id: str = Field(alias="feedbackId")


class ComplainedRecipient(BaseModel):
    email_address: str = Field(alias="emailAddress")


class Complaint(BaseModel):
    complained_recipients: list[ComplainedRecipient] = Field(alias="complainedRecipients")
    timestamp: datetime
    feedback_id: str = Field(alias="feedbackId")


class Delivery(BaseModel):
    timestamp: datetime
    recipients: list[str]


class SesEvent(BaseModel):
    event_type: str = Field(alias="eventType")
    mail: Mail
    bounce: Bounce | None = None
    complaint: Complaint | None = None
    delivery: Delivery | None = None


def usual_handler(client: Any) -> Any:  # noqa: ANN401  # any DynamoDB client; a Lambda handler
    """Make a handler over ``client``."""
    processor = BatchProcessor(event_type=EventType.SQS)

    def take(record: SQSRecord) -> None:
        event = SesEvent.model_validate_json(record.body)
        (name,) = event.mail.tags["ses:configuration-set"]
        client.update_item(
            TableName="counts",
            Key={"stream": {"S": name}, "hour": {"S": f"{event.mail.timestamp:%Y-%m-%dT%H}"}},
            UpdateExpression="ADD #kind :one",
            ExpressionAttributeNames={"#kind": event.event_type},
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    def handler(event: dict[str, Any], context: object) -> Any:  # noqa: ANN401  # as Powertools answers
        return process_partial_response(event=event, record_handler=take, processor=processor, context=context)  # type: ignore[arg-type]  # no Lambda here

    return handler
