"""Find and remove what tests made on AWS, by its name, wherever a test could not do it itself."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from botocore.config import Config
from botocore.exceptions import ClientError

PREFIX: Final = "sesguard-test-"
MARK: Final = "sesguard-make-test-aws"
"""The tag of the stack that is deployed, and of its tables: what is named so without it is somebody's own."""
RETRYING: Final = Config(connect_timeout=10, retries={"mode": "standard", "total_max_attempts": 8})
"""With patience for SES, which takes one control call a second."""
_OURS: Final = re.compile(
    rf"{PREFIX}[0-9a-f]{{8}}-[a-z]+|sesguard-{PREFIX}\d{{12}}-[a-z0-9-]+-{PREFIX}[0-9a-f]{{8}}-[a-z]+"
)
"""What a test made, and the alarm of a stream of a test's; not those of somebody's stack sesguard-test-eu."""
TRIES: Final = 6
_GONE: Final = ("NotFound", "NonExistent", "NoSuch", "DoesNotExist")
LOST: Final = ("ExpiredToken", "InvalidClientTokenId", "UnrecognizedClient")
"""In codes by which AWS refuses credentials, whatever is asked; a permission that is missing stays so as well."""
_FOR_GOOD: Final = (*LOST, "AccessDenied")


def ours(name: str) -> bool:
    """Whether a test made it."""
    return _OURS.fullmatch(name) is not None


class Leftover(NamedTuple):
    """One thing, and how it is removed."""

    name: str
    remove: Callable[[], object]


def remove_leftovers(client: Callable[[str], Any], pause: Callable[[float], None] = time.sleep) -> list[str]:
    """Remove everything of the tests, and name what cannot be, or could not be looked for.

    client: gives that of a service.
    """
    left: list[str] = []
    for what, kind in _KINDS.items():
        try:
            found = list(kind(client))
        except ClientError as error:
            left.append(f"{what}, which could not be looked for: {error.response['Error']['Code']}")
        else:
            left += [problem for each in found if (problem := removed(each, pause))]
    return left


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
            if any(word in code for word in _FOR_GOOD):
                return problem
            pause(2.0**wait)
        else:
            return ""
    return problem


def _tenants(client: Callable[[str], Any]) -> Iterator[Leftover]:
    ses = client("sesv2")
    for tenant in _paged(ses.list_tenants, "Tenants", "TenantName"):
        for each in ses.list_tenant_resources(TenantName=tenant).get("TenantResources", ()):  # one page: a test's few
            arn = each["ResourceArn"]
            leave = partial(ses.delete_tenant_resource_association, TenantName=tenant, ResourceArn=arn)
            yield Leftover(f"{arn} in the tenant {tenant}", leave)
        yield Leftover(f"tenant {tenant}", partial(ses.delete_tenant, TenantName=tenant))


def _sets(client: Callable[[str], Any]) -> Iterator[Leftover]:
    ses = client("sesv2")
    for name in _paged(ses.list_configuration_sets, "ConfigurationSets", ""):
        yield Leftover(f"configuration set {name}", partial(ses.delete_configuration_set, ConfigurationSetName=name))


def _identities(client: Callable[[str], Any]) -> Iterator[Leftover]:
    ses = client("sesv2")
    for name in _paged(ses.list_email_identities, "EmailIdentities", "IdentityName"):
        yield Leftover(f"identity {name}", partial(ses.delete_email_identity, EmailIdentity=name))


def _paged(call: Callable[..., Any], key: str, name: str) -> list[str]:
    """Names of the tests among what SES lists; its lists have no paginators."""
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        answer = call(**token)
        found += [each[name] if name else each for each in answer.get(key, ())]
        if not answer.get("NextToken"):
            return [each for each in found if ours(each.partition(".")[0])]
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
    """Those of a test, and those of the stack, which outlive it."""
    dynamodb = client("dynamodb")
    for page in dynamodb.get_paginator("list_tables").paginate():
        for name in page["TableNames"]:
            if not name.startswith(PREFIX):
                continue
            table = dynamodb.describe_table(TableName=name)["Table"]
            if not ours(name) and MARK not in _tags(dynamodb, table["TableArn"]):
                continue
            if table.get("DeletionProtectionEnabled"):
                unprotect = partial(dynamodb.update_table, TableName=name, DeletionProtectionEnabled=False)
                yield Leftover(f"protection of table {name}", unprotect)
            yield Leftover(f"table {name}", partial(dynamodb.delete_table, TableName=name))


def _tags(dynamodb: Any, arn: str) -> list[str]:
    pages = dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn)
    return [tag["Key"] for page in pages for tag in page["Tags"]]


def _keys(client: Callable[[str], Any]) -> Iterator[Leftover]:
    """Keys that cost by the month, known by their description; one that is deleted already is left."""
    kms = client("kms")
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            try:
                told = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            except ClientError:  # of somebody whose policy shows it to nobody else
                continue
            if ours(told.get("Description", "")) and told["KeyState"] != "PendingDeletion":
                yield key_of(kms, key["KeyId"])


def key_of(kms: Any, key: str) -> Leftover:
    """A key goes after seven days at the earliest; until then it costs nothing and encrypts nothing."""
    return Leftover(f"key {key}", partial(kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=7))


def _buckets(client: Callable[[str], Any]) -> Iterator[Leftover]:
    s3 = client("s3")
    pages = s3.get_paginator("list_buckets").paginate(Prefix=PREFIX, BucketRegion=s3.meta.region_name)
    for name in [each["Name"] for page in pages for each in page.get("Buckets", ()) if ours(each["Name"])]:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
            for key in [each["Key"] for each in page.get("Contents", ())]:
                yield Leftover(f"s3://{name}/{key}", partial(s3.delete_object, Bucket=name, Key=key))
        yield Leftover(f"bucket {name}", partial(s3.delete_bucket, Bucket=name))


# What needs another comes first.
_KINDS: Final[Mapping[str, Callable[[Callable[[str], Any]], Iterator[Leftover]]]] = {
    "SES tenants": _tenants,
    "identities": _identities,
    "configuration sets": _sets,
    "rules": _rules,
    "alarms": _alarms,
    "topics": _topics,
    "queues": _queues,
    "tables": _tables,
    "keys": _keys,
    "buckets": _buckets,
}
