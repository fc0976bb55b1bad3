"""What a platform has in the local cloud before it sends."""

from __future__ import annotations

import pytest

from localcloud.setting_up import where_events_go

TOPIC, BUS = "arn:aws:sns:us-east-1:1:ses-events", "arn:aws:events:us-east-1:1:event-bus/default"
OVER_SNS = {"SnsDestination": {"TopicArn": TOPIC}}


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ({"SesEventsTopicArn": TOPIC}, OVER_SNS),
        ({"SesEventsTopicArn": TOPIC, "SesEventsBusArn": BUS}, OVER_SNS),
        ({"SesEventsBusArn": BUS}, {"EventBridgeDestination": {"EventBusArn": BUS}}),
    ],
)
def test_a_set_that_is_made_by_hand_publishes_to_what_the_stack_reads(outputs, expected):
    """As EventSource says: a stack of eventbridge has no topic (``make run`` ended of a KeyError)."""
    assert where_events_go(outputs) == expected
