"""SNS topics and EventBridge rules deliver to streams of Firehose, by the role that they were given for it.

https://docs.aws.amazon.com/sns/latest/dg/prereqs-kinesis-data-firehose.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html

The emulator takes such subscriptions and targets, and delivers nothing. Not here: what Firehose does not take is put
into no dead-letter queue, and a target that makes an input of its own of an event gets none.
"""

import base64
import json
from typing import Any, Final

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import get_account_id, request_scope
from ministack.services import eventbridge, firehose, sns

from localcloud.gaps import patching, service_roles

_FANOUT: Final = (
    "topic_arn msg_id message subject message_structure message_attributes message_group_id message_dedup_id"
)
_TARGET: Final = "target event rule view"
_OWN_INPUT: Final = frozenset({"Input", "InputPath", "InputTransformer"})
_fanout = patching.original(sns, "_fanout", _FANOUT)

Stored = dict[str, Any]


def install() -> None:
    service_roles.check()
    patching.original(firehose, "_put_record", "data")
    patching.original(eventbridge, "_pattern_event_view", "event")
    patching.replace(sns, "_fanout", _FANOUT, fan_out)
    before = patching.original(eventbridge, "_invoke_target", _TARGET)

    def invoke(target: Stored, event: Stored, rule: Stored, view: object = None) -> None:
        """As before; to a stream by the target's role, the whole event."""
        if not _is_stream(target["Arn"]) or _OWN_INPUT & target.keys():
            before(target, event, rule, view)
            return
        seen: Any = view or eventbridge._pattern_event_view(event)
        source = eventbridge._rule_arn(rule["Name"], rule.get("EventBusName", "default"))
        body = json.dumps(seen.event_with_detail())
        _put("events.amazonaws.com", target.get("RoleArn", ""), source, target["Arn"], body)

    patching.replace(eventbridge, "_invoke_target", _TARGET, invoke)


def fan_out(
    topic_arn: str,
    msg_id: str,
    message: str,
    subject: str,
    message_structure: str = "",
    message_attributes: Stored | None = None,
    message_group_id: str = "",
    message_dedup_id: str = "",
) -> None:
    """Deliver as the emulator does, and to streams."""
    attributes = message_attributes or {}
    _fanout(topic_arn, msg_id, message, subject, message_structure, attributes, message_group_id, message_dedup_id)
    for each in (sns._topic_by_arn_any_scope(topic_arn) or {}).get("subscriptions", ()):
        if each.get("protocol") != "firehose" or not sns._matches_filter_policy(each, attributes, message):
            continue
        its = each.get("attributes", {})
        raw = its.get("RawMessageDelivery", "false") == "true"
        data = message if raw else sns._build_envelope(topic_arn, msg_id, message, subject, attributes, raw)
        _put("sns.amazonaws.com", its.get("SubscriptionRoleArn", ""), topic_arn, each["endpoint"], data)


def _is_stream(arn: str) -> bool:
    try:
        return bool(parse_arn(arn).service == "firehose")
    except ArnParseError:
        return False


def _put(service: str, role: str, source: str, stream: str, data: str) -> None:
    """Put a record into a stream, where the service may by the role."""
    trust = {"aws:sourceaccount": get_account_id(), "aws:sourcearn": source}
    if not _is_stream(stream) or not service_roles.may(service, role, "firehose:PutRecord", stream, trust):
        return
    place = parse_arn(stream)
    record = {"Data": base64.b64encode(data.encode()).decode()}
    with request_scope(place.account_id, place.region):
        firehose._put_record({"DeliveryStreamName": place.resource.rpartition("/")[2], "Record": record})
