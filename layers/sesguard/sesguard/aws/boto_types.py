"""What AWS's clients are to a type checker. The stubs are not installed where the code runs: there it is Any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = [
    "AttributeValueTypeDef",
    "ChangeMessageVisibilityBatchRequestEntryTypeDef",
    "CloudFormationClient",
    "CloudWatchClient",
    "DynamoDBClient",
    "EventBridgeClient",
    "MetricAlarmTypeDef",
    "SESV2Client",
    "SNSClient",
    "SQSClient",
    "SecretsManagerClient",
    "TransactWriteItemTypeDef",
]

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import ChangeMessageVisibilityBatchRequestEntryTypeDef
else:
    globals().update(dict.fromkeys(__all__, Any))
