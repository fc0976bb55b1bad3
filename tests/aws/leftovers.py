"""Find and remove what tests made on AWS, by its name, wherever a test could not do it itself."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

PREFIX: Final = "sesguard-test-"
_OURS: Final = re.compile(
    rf"{PREFIX}[0-9a-f]{{8}}-[a-z]+|sesguard-{PREFIX}\d{{12}}-[a-z0-9-]+-{PREFIX}[0-9a-f]{{8}}-[a-z]+"
)
"""What a test made, and the alarm of a stream of a test's; not those of somebody's stack sesguard-test-eu."""
TRIES: Final = 6
_GONE: Final = ("NotFound", "NonExistent", "NoSuch", "DoesNotExist")


def ours(name: str) -> bool:
    """Whether a test made it."""
    return _OURS.fullmatch(name) is not None


class Leftover(NamedTuple):
    """One thing, and how it is removed."""

    name: str
    remove: Callable[[], object]


def remove_leftovers(client: Callable[[str], Any], pause: Callable[[float], None] = time.sleep) -> list[str]:
    """Remove everything of the tests, and name what cannot be. client: gives that of a service."""
    found = [each for kind in _KINDS for each in kind(client)]
    return [problem for each in found if (problem := removed(each, pause))]


def removed(what: Leftover, pause: Callable[[float], None] = time.sleep) -> str:
    """Remove it, again where AWS is busy with it; what stands in the way, "" where it is gone."""
    for wait in range(TRIES):
        try:
            what.remove()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if any(word in code for word in _GONE):
                return ""
            problem = f"{what.name}: {code}"
            pause(2.0**wait)
        else:
            return ""
    return problem


def _tenants(client: Callable[[str], Any]) -> Iterator[Leftover]:
    ses = client("sesv2")
    for tenant in _paged(ses.list_tenants, "Tenants", "TenantName"):
        for each in ses.list_tenant_resources(TenantName=tenant).get("TenantResources", ()):
            arn = each["ResourceArn"]
            leave = partial(ses.delete_tenant_resource_association, TenantName=tenant, ResourceArn=arn)
            yield Leftover(f"{arn} in the tenant {tenant}", leave)
        yield Leftover(f"tenant {tenant}", partial(ses.delete_tenant, TenantName=tenant))


def _sets(client: Callable[[str], Any]) -> Iterator[Leftover]:
    ses = client("sesv2")
    for name in _paged(ses.list_configuration_sets, "ConfigurationSets", ""):
        yield Leftover(f"configuration set {name}", partial(ses.delete_configuration_set, ConfigurationSetName=name))


def _paged(call: Callable[..., Any], key: str, name: str) -> list[str]:
    """Names of the tests among what SES lists; its lists have no paginators."""
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        answer = call(**token)
        found += [each[name] if name else each for each in answer.get(key, ())]
        if not answer.get("NextToken"):
            return [each for each in found if ours(each)]
        token = {"NextToken": answer["NextToken"]}
        time.sleep(1.1)  # SES takes one such call a second


def _rules(client: Callable[[str], Any]) -> Iterator[Leftover]:
    events = client("events")
    for rule in events.list_rules(NamePrefix=PREFIX)["Rules"]:
        name = rule["Name"]
        if not ours(name):
            continue
        ids = [each["Id"] for each in events.list_targets_by_rule(Rule=name)["Targets"]]
        if ids:
            yield Leftover(f"targets of the rule {name}", partial(events.remove_targets, Rule=name, Ids=ids))
        yield Leftover(f"rule {name}", partial(events.delete_rule, Name=name))


def _alarms(client: Callable[[str], Any]) -> Iterator[Leftover]:
    cloudwatch = client("cloudwatch")
    for prefix in (PREFIX, f"sesguard-{PREFIX}"):
        for page in cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix):
            for name in filter(ours, (alarm["AlarmName"] for alarm in page["MetricAlarms"])):
                yield Leftover(f"alarm {name}", partial(cloudwatch.delete_alarms, AlarmNames=[name]))


def _topics(client: Callable[[str], Any]) -> Iterator[Leftover]:
    sns = client("sns")
    for page in sns.get_paginator("list_topics").paginate():
        for topic in page["Topics"]:
            if ours(topic["TopicArn"].rpartition(":")[2]):
                yield Leftover(topic["TopicArn"], partial(sns.delete_topic, TopicArn=topic["TopicArn"]))


def _queues(client: Callable[[str], Any]) -> Iterator[Leftover]:
    sqs = client("sqs")
    for url in sqs.list_queues(QueueNamePrefix=PREFIX).get("QueueUrls", ()):
        if not ours(url.rpartition("/")[2]):
            continue
        yield Leftover(url, partial(sqs.delete_queue, QueueUrl=url))


def _tables(client: Callable[[str], Any]) -> Iterator[Leftover]:
    dynamodb = client("dynamodb")
    for page in dynamodb.get_paginator("list_tables").paginate():
        for name in page["TableNames"]:
            if ours(name):
                yield Leftover(f"table {name}", partial(dynamodb.delete_table, TableName=name))


def _keys(client: Callable[[str], Any]) -> Iterator[Leftover]:
    """Keys that cost by the month, known by their alias; one that is deleted already is left."""
    kms = client("kms")
    for page in kms.get_paginator("list_aliases").paginate():
        for alias in page["Aliases"]:
            if ours(alias["AliasName"].removeprefix("alias/")):
                yield from key_of(kms, alias["AliasName"], alias["TargetKeyId"])


def key_of(kms: Any, alias: str, key: str) -> list[Leftover]:
    def schedule() -> None:
        if kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion":
            kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)

    return [Leftover(f"key {key}", schedule), Leftover(alias, partial(kms.delete_alias, AliasName=alias))]


# What needs another comes first.
_KINDS: Final = (_tenants, _sets, _rules, _alarms, _topics, _queues, _tables, _keys)
