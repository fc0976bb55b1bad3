"""A service publishes to an SNS topic: only where the topic's policy, and its key's, let that service."""

import logging
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import kms, sns

from localcloud.gaps import patching

log = logging.getLogger("localcloud.topics")


def publish(topic_arn: str, message: str, subject: str, *, service: str, source_arn: str, account: str) -> bool:
    """Publish as `service` (such as "ses.amazonaws.com") for the resource `source_arn`; False where it may not.

    As AWS does, a refusal is not told to whoever caused the event: the message is lost, and the log says why.
    """
    refusal = _refusal(topic_arn, service, source_arn, account)
    if refusal is None and sns.publish_internal(topic_arn, message, subject) is None:
        refusal = "no such topic"
    if refusal is not None:
        log.warning("%s may not publish to %s: %s", service, topic_arn, refusal)
    return refusal is None


def may_publish(topic_arn: str, *, service: str, source_arn: str, account: str) -> bool:
    return _refusal(topic_arn, service, source_arn, account) is None


def _refusal(topic_arn: str, service: str, source_arn: str, account: str) -> str | None:
    topic: dict[str, Any] | None = sns._topic_by_arn_any_scope(topic_arn)
    if topic is None:
        return "no such topic"
    if not sns.topic_policy_allows(topic_arn, service, source_arn, account):
        return "the topic's policy does not allow it"
    key = topic.get("attributes", {}).get("KmsMasterKeyId")
    return _key_refusal(key, service, source_arn, account) if key else None


def _key_refusal(key_id: str, service: str, source_arn: str, account: str) -> str | None:
    """An encrypted topic takes messages of a service only with a key whose policy names it.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
    """
    if key_id.removeprefix("alias/").startswith("aws/"):
        return "the topic is encrypted with an AWS managed key, whose policy names no service"
    key = kms._resolve_key(key_id)
    if key is None:
        return f"the topic's key {key_id} does not exist"
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        context = iam_evaluator.EvalContext(
            principal_arn="*",
            principal_type="Service",
            principal_account="",
            action=action,
            resource_arn=key["Arn"],
            region=sns.get_region(),
            service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": account},
        )
        if iam_evaluator.evaluate_resource_policy(key["Policy"], context, service=service).decision != "Allow":
            return f"the policy of the topic's key does not allow {action}"
    return None


def check() -> None:
    """Make sure that the emulator still has what this uses. Raises `PatchError`."""
    patching.original(sns, "_topic_by_arn_any_scope", "topic_arn")
    patching.original(sns, "topic_policy_allows", "topic_arn service source_arn source_account")
    patching.original(kms, "_resolve_key", "key_id_or_arn")
    patching.original(iam_evaluator, "evaluate_resource_policy", "doc ctx service named_only direct_only")
