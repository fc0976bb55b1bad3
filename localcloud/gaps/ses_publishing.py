"""Publishing SES events to the destinations of a configuration set: SNS topics and EventBridge's default bus.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-add-event-destination-sns.html
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-add-event-destination-eventbridge.html
"""

import asyncio
import json
from datetime import UTC, datetime
from random import Random
from typing import Any, Final
from uuid import uuid4

from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, ses_v2

from localcloud.gaps import patching, topics
from localcloud.gaps.ses_events import TYPES, Mail, bounce, complaint, delivery, record
from localcloud.gaps.ses_world import Fate, Outcome, outcomes

SUBJECT: Final = "Amazon SES Email Event Notification"
# What SES sends to a topic when it becomes a destination; consumers must expect it.
VALIDATED: Final = "Successfully validated SNS topic for Amazon SES event publishing."


def check() -> None:
    """Make sure that the emulator still has what this uses. Raises `PatchError`."""
    patching.original(eventbridge, "_put_events", "data allow_aws_source")
    topics.check()


def follow(mail: Mail) -> None:
    """Publish that `mail` was sent, and in time what becomes of it. Needs a running event loop.

    What is called later runs in this request's account and region, which live in its context.
    """
    _publish("SEND", mail, {})
    chance = Random(mail.message_id)  # noqa: S311 (delays of a simulation)
    for outcome in outcomes(mail.destination, chance):
        asyncio.get_running_loop().call_later(outcome.after, _arrive, mail, outcome)


def _arrive(mail: Mail, outcome: Outcome) -> None:
    now = datetime.now(UTC)
    if outcome.fate in (Fate.DELIVERED, Fate.COMPLAINED):
        _publish("DELIVERY", mail, delivery(mail, outcome.recipients, now))
    else:
        _publish("BOUNCE", mail, bounce(outcome.fate, outcome.recipients, new_id(now), now))
    if outcome.fate is Fate.COMPLAINED:
        wait = outcome.complaint_after - outcome.after
        asyncio.get_running_loop().call_later(wait, _complain, mail, outcome)


def _complain(mail: Mail, outcome: Outcome) -> None:
    now = datetime.now(UTC)
    _publish("COMPLAINT", mail, complaint(outcome.recipients, new_id(now), now))


def new_id(at: datetime) -> str:
    """An id of a mail or a feedback in the form that SES gives them, which begins with the time in milliseconds."""
    return f"{int(at.timestamp() * 1000):016x}-{uuid4()}-000000"


def _publish(api_type: str, mail: Mail, body: dict[str, Any]) -> None:
    stored = ses_v2._config_sets.get(mail.configuration_set) or {}
    for destination in (stored.get("EventDestinations") or {}).values():
        if destination["Enabled"] and api_type in destination["MatchingEventTypes"]:
            _send_to(destination, api_type, mail, record(api_type, mail, body))


def _send_to(destination: dict[str, Any], api_type: str, mail: Mail, event: dict[str, Any]) -> None:
    if "SnsDestination" in destination:
        publish_to_topic(destination["SnsDestination"]["TopicArn"], mail.configuration_set, json.dumps(event))
    elif "EventBridgeDestination" in destination:
        entry = {
            "Source": "aws.ses",
            "DetailType": TYPES[api_type][1],
            "Resources": [mail.identity_arn],
            "Detail": json.dumps(event),
        }
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def publish_to_topic(topic_arn: str, configuration_set: str, message: str) -> None:
    topics.publish(topic_arn, message, SUBJECT, **_as_ses(configuration_set))


def may_publish(topic_arn: str, configuration_set: str) -> bool:
    """Whether the topic is there and lets SES publish for the configuration set."""
    return topics.may_publish(topic_arn, **_as_ses(configuration_set))


def _as_ses(configuration_set: str) -> dict[str, str]:
    account = get_account_id()
    source = f"arn:aws:ses:{get_region()}:{account}:configuration-set/{configuration_set}"
    return {"service": "ses.amazonaws.com", "source_arn": source, "account": account}
