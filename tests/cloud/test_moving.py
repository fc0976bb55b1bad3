"""Moving from SNS to EventBridge and back while mail flows: docs/moving-to-eventbridge.md."""

import pytest

from localcloud.cloud import ACCOUNT, REGION

pytestmark = pytest.mark.cloud
BUS = {"EventBridgeDestination": {"EventBusArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"}}
MAILS = 10


def move(platform, stream, destination):
    """One call, as onboarding makes it."""
    (there,) = platform.ses.get_configuration_set_event_destinations(ConfigurationSetName=stream)["EventDestinations"]
    wanted = {"Enabled": True, "MatchingEventTypes": there["MatchingEventTypes"], **destination}
    platform.ses.update_configuration_set_event_destination(
        ConfigurationSetName=stream, EventDestinationName=there["Name"], EventDestination=wanted
    )


def test_no_event_is_lost_and_none_counted_twice_while_a_set_moves_and_comes_back(platform):
    stream = platform.stream(via="sns")
    topic = {"SnsDestination": {"TopicArn": platform.outputs["SesEventsTopicArn"]}}
    for destination in (None, BUS, topic):
        if destination:
            move(platform, stream, destination)
        for number in range(MAILS):
            assert platform.send(stream, f"person-{number}@inbox.example")
        assert platform.send(stream, "gone@domain-1.example")
    expected = (3 * (MAILS + 1), 3, 0)
    # Each event came by one path. Of what both counted in one minute only the larger would weigh.
    platform.wait_until(lambda: platform.counted(stream, sum) == expected, f"{expected} counted")
