"""What has to be undone in AWS before the guard's stack is deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from sesguard.aws.clients import Clients, calling, calling_unless
from sesguard.aws.cloudwatch.stream_alarm import stream_of
from sesguard.aws.ses.calls import APART, CallRate
from sesguard.aws.ses.configuration_sets import configuration_sets
from sesguard.aws.stack_resources import StackResource, stack_resources
from sesguard.errors import AwsError
from sesguard.provisioning.ports import OnboardingRows
from sesguard.provisioning.retire import DESTINATION, EventDestination
from sesguard.stream import StreamId

ACTIONS: Final = frozenset(
    """
    ses:ListConfigurationSets ses:GetConfigurationSetEventDestinations ses:DeleteConfigurationSetEventDestination
    cloudwatch:DescribeAlarms cloudwatch:DeleteAlarms events:DisableRule cloudformation:ListStackResources
    """.split()
)
TRIES: Final = 6
"""Of a look at one set, as others of the account use up SES's one call a second, too."""
_GONE: Final = "NotFoundException"
_EVERY_MINUTE: Final = "EveryMinute"  # how SAM names the rules of sweep and onboard
_KEPT_TABLES: Final = ("StreamsTable", "IncidentsTable", "TenantsTable", "OnboardingTable")


class AwsRetirement:
    """The port ``Retirement`` over AWS.

    prefix: of the names of the alarms that were made as streams needed them. notices: the guard's own set, the stack's.
    rows: what was set up for tenants.
    """

    def __init__(self, clients: Clients, stack: str, prefix: str, notices: str, rows: OnboardingRows) -> None:
        self._clients = clients
        self._stack = stack
        self._prefix = prefix
        self._notices = notices
        self._rows = rows
        self._pace = CallRate(APART)

    def provisioned(self) -> Collection[str]:
        rows, _ = self._rows.everything()
        return {StreamId.parse(row.key).configuration_set for row in rows if not row.key.startswith("@")}

    def destinations(self) -> Iterator[EventDestination]:
        for name in configuration_sets(self._clients.sesv2):
            if name != self._notices:
                yield from self._patiently(name)

    def _patiently(self, name: str) -> Sequence[EventDestination]:
        for _ in range(TRIES - 1):
            try:
                return list(self._destinations_of(name))
            except AwsError as error:
                if not error.retryable:
                    raise
        return list(self._destinations_of(name))

    def _destinations_of(self, name: str) -> Iterator[EventDestination]:
        self._pace.wait("")
        with calling_unless("GetConfigurationSetEventDestinations", _GONE):
            found = self._clients.sesv2.get_configuration_set_event_destinations(ConfigurationSetName=name)
            for each in found.get("EventDestinations", ()):
                to_topic = each.get("SnsDestination", {}).get("TopicArn", "")
                to_bus = each.get("EventBridgeDestination", {}).get("EventBusArn", "")
                yield EventDestination(name, each["Name"], to_topic or to_bus)

    def delete_destination(self, configuration_set: str) -> None:
        self._pace.wait("")
        with calling_unless("DeleteConfigurationSetEventDestination", _GONE):
            self._clients.sesv2.delete_configuration_set_event_destination(
                ConfigurationSetName=configuration_set, EventDestinationName=DESTINATION
            )

    def alarms(self) -> Sequence[str]:
        with calling("DescribeAlarms"):
            pages = self._clients.cloudwatch.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=f"{self._prefix}-"
            )
            found = [each for page in pages for each in page.get("MetricAlarms", ())]
        return [each["AlarmName"] for each in found if stream_of(each, self._prefix) is not None]

    def delete_alarms(self, names: Sequence[str]) -> None:
        with calling("DeleteAlarms"):
            self._clients.cloudwatch.delete_alarms(AlarmNames=list(names))

    def schedules(self) -> Sequence[str]:
        return [each.physical for each in self._of("AWS::Events::Rule") if each.name.endswith(_EVERY_MINUTE)]

    def stop(self, schedule: str) -> None:
        with calling_unless("DisableRule", "ResourceNotFoundException"):
            self._clients.events.disable_rule(Name=schedule)

    def tables(self) -> Sequence[str]:
        return [each.physical for each in self._of("AWS::DynamoDB::Table") if each.name in _KEPT_TABLES]

    def _of(self, kind: str) -> list[StackResource]:
        found = stack_resources(self._clients.make("cloudformation"), self._stack)
        return [each for each in found if each.kind == kind]
