"""A topic's list says PendingConfirmation in the place of the ARN of a subscription that nobody has confirmed.

https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.confirm.html
https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html

The emulator lists the ARN. It takes mail addresses as confirmed at once, which stays so: nobody reads that mail.
"""

from typing import Any, Final

from ministack.services import sns

from localcloud.gaps import patching

_PENDING: Final = "PendingConfirmation"
_list = patching.original(sns, "_list_subscriptions_by_topic", "params")
Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    patching.replace(sns, "_list_subscriptions_by_topic", "params", list_by_topic)


def list_by_topic(params: dict[str, Any]) -> Answer:
    """Answer as the emulator, without the ARNs of what is pending."""
    status, headers, body = _list(params)
    topic = sns._topic_by_arn_any_scope(sns._p(params, "TopicArn"))
    for each in (topic or {}).get("subscriptions", ()):
        if not each.get("confirmed"):
            body = body.replace(each["arn"].encode(), _PENDING.encode())
    return status, headers, body
