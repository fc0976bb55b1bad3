"""The alarm of a stream as designed, put into CloudWatch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error
from sesguard.signals.alarm_metrics import OWN_DIMENSIONS, OWN_NAMESPACE

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

    from sesguard.pausing.record import DesiredAlarm
    from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"})
KEPT: Final = "It is kept while the set is healthy, too."
"""Stands at the end of the description of an alarm that the registry wishes kept."""


def alarm_name(prefix: str, stream: StreamId) -> str:
    """The name of the stream's alarm."""
    return "-".join((prefix, *stream))


def dimensions(stream: StreamId) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in zip(OWN_DIMENSIONS, stream, strict=True)]


def put_alarm(client: CloudWatchClient, prefix: str, topic_arn: str, stream: StreamId, wish: DesiredAlarm) -> None:
    """Put it. Raises AwsError."""
    try:
        client.put_metric_alarm(
            AlarmName=alarm_name(prefix, stream),
            AlarmDescription=_description(stream, wish),
            AlarmActions=[topic_arn],
            OKActions=[topic_arn],
            Namespace=OWN_NAMESPACE,
            MetricName="Risk",
            Dimensions=dimensions(stream),  # type: ignore[arg-type]  # plain dicts of that form
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            DatapointsToAlarm=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            # A paused stream sends nothing and so publishes nothing by itself: only a low value may end the alarm.
            TreatMissingData="ignore",
            # They are set when the alarm is made; of one that exists CloudWatch leaves the tags as they are.
            Tags=[{"Key": key, "Value": value} for key, value in wish.tags],
        )
    except (ClientError, BotoCoreError) as error:
        raise aws_error("PutMetricAlarm", error) from error


def _description(stream: StreamId, wish: DesiredAlarm) -> str:
    kept = f" {KEPT}" if wish.kept else ""
    return (
        f"sesguard's switch for the SES configuration set {stream.configuration_set} in {stream.region}, account "
        f"{stream.account}. Risk is how strong the evidence is that its true bounce or complaint rate is over its "
        "limit: 0 none, 1 enough to pause. In ALARM, sesguard turns the set's sending off; it is OK again when "
        f"the set may send again. Setting this alarm to ALARM by hand pauses the set too.{kept}"
    )
