"""What a platform has before it sends: identities, configuration sets that publish to the guard, registered tenants."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from localcloud.cloud import ACCOUNT, REGION, Emulator
from localcloud.scenario import Tenant
from sesguard.stream import StreamId

# What the guard counts. Deliveries are only needed where a stream publishes no Send events.
EVENTS = ("SEND", "BOUNCE", "COMPLAINT")
NOTICE_SENDER = "guard@sesguard.example"
PROBE_SENDER = "probe@probes.example"


def stream_of(configuration_set: str) -> StreamId:
    return StreamId(ACCOUNT, REGION, configuration_set)


def set_up(
    emulator: Emulator,
    outputs: Mapping[str, str],
    tenants: Sequence[Tenant],
    probes: Sequence[str],
    policies: Mapping[str, Mapping[str, object]],
) -> None:
    """Make what the tenants and the probes need to send, and register the tenants with their owners.

    policies: overrides of the default policy, by the tenant's id.
    """
    ses = emulator.client("sesv2")
    dynamodb = emulator.client("dynamodb")
    for identity in (NOTICE_SENDER, PROBE_SENDER, *(f"{tenant.id}.example" for tenant in tenants)):
        ses.create_email_identity(EmailIdentity=identity)
    for configuration_set in (*(tenant.configuration_set for tenant in tenants), *probes):
        ses.create_configuration_set(ConfigurationSetName=configuration_set)
        ses.create_configuration_set_event_destination(
            ConfigurationSetName=configuration_set,
            EventDestinationName="sesguard",
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": list(EVENTS),
                "SnsDestination": {"TopicArn": outputs["SesEventsTopicArn"]},
            },
        )
    for tenant in tenants:
        dynamodb.put_item(
            TableName=outputs["TenantsTableName"],
            Item={"id": {"S": tenant.id}, "name": {"S": tenant.name}, "contacts": {"L": [{"S": tenant.owner}]}},
        )
        dynamodb.put_item(
            TableName=outputs["StreamsTableName"],
            Item={
                "stream": {"S": str(stream_of(tenant.configuration_set))},
                "tenant": {"S": tenant.id},
                "policy": {"S": json.dumps(policies.get(tenant.id, {}))},
            },
        )
