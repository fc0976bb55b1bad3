"""Configuration sets and their event destination to the guard, in SES v2.

Sending options are never written, but that a set may be made with its sending off.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateConfigurationSet.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sesguard.aws.ses.calls import EXISTS, GONE, SesCalls, as_tags, listed
from sesguard.provisioning.ses_ports import DeliveryOptions, SetNow, Suppression
from sesguard.tenants.model import SHARED

ACTIONS: Final = frozenset(
    {
        "ses:CreateConfigurationSet",
        "ses:GetConfigurationSet",
        "ses:DeleteConfigurationSet",
        "ses:PutConfigurationSetDeliveryOptions",
        "ses:PutConfigurationSetReputationOptions",
        "ses:PutConfigurationSetSuppressionOptions",
        "ses:CreateConfigurationSetEventDestination",
        "ses:GetConfigurationSetEventDestinations",
        "ses:UpdateConfigurationSetEventDestination",
        "ses:DeleteConfigurationSetEventDestination",
        "ses:TagResource",
    }
)
DESTINATION: Final = "sesguard"
"""What the guard's event destination is called in every set."""

SHARED_POOL: Final = "ses-shared-pool"
"""SES's shared addresses. A set without a pool sends from the account's dedicated ones that are in none, if there are.

https://docs.aws.amazon.com/ses/latest/dg/managing-ip-pools.html
"""


class SesSets:
    """The port ``SetSetup``. target: the ARN of the guard's topic, or of EventBridge's default bus."""

    def __init__(self, calls: SesCalls, target: str) -> None:
        self._ses = calls
        self._target = target

    def create_set(
        self, name: str, delivery: DeliveryOptions, suppression: Suppression, tags: Mapping[str, str], *, on: bool
    ) -> bool:
        request: dict[str, Any] = {
            "DeliveryOptions": _delivery(delivery),
            "ReputationOptions": {"ReputationMetricsEnabled": True},
            "Tags": listed(tags),
        }
        if options := _suppression(suppression):
            request["SuppressionOptions"] = options
        if not on:
            request["SendingOptions"] = {"SendingEnabled": False}
        made = self._ses.unless(
            EXISTS, "CreateConfigurationSet", "create_configuration_set", ConfigurationSetName=name, **request
        )
        return made is not None

    def read_set(self, name: str) -> SetNow | None:
        found = self._ses.unless(GONE, "GetConfigurationSet", "get_configuration_set", ConfigurationSetName=name)
        if found is None:
            return None
        return SetNow(
            _delivery_of(found.get("DeliveryOptions", {})),
            _suppression_of(found.get("SuppressionOptions", {})),
            bool(found.get("ReputationOptions", {}).get("ReputationMetricsEnabled", False)),
            as_tags(found.get("Tags")),
        )

    def put_delivery(self, name: str, delivery: DeliveryOptions) -> None:
        self._put(
            "PutConfigurationSetDeliveryOptions", "put_configuration_set_delivery_options", name, **_delivery(delivery)
        )

    def put_suppression(self, name: str, suppression: Suppression) -> None:
        self._put(
            "PutConfigurationSetSuppressionOptions",
            "put_configuration_set_suppression_options",
            name,
            **_suppression(suppression),
        )

    def put_reputation(self, name: str) -> None:
        self._put(
            "PutConfigurationSetReputationOptions",
            "put_configuration_set_reputation_options",
            name,
            ReputationMetricsEnabled=True,
        )

    def delete_set(self, name: str) -> None:
        self._ses.unless(GONE, "DeleteConfigurationSet", "delete_configuration_set", ConfigurationSetName=name)

    def create_destination(self, name: str, events: Sequence[str]) -> bool:
        made = self._ses.unless(
            EXISTS,
            "CreateConfigurationSetEventDestination",
            "create_configuration_set_event_destination",
            **self._destination(name, events),
        )
        return made is not None

    def destination_differs(self, name: str, events: Sequence[str]) -> bool | None:
        answer = self._ses.call(
            "GetConfigurationSetEventDestinations",
            "get_configuration_set_event_destinations",
            ConfigurationSetName=name,
        )
        found = next((it for it in answer.get("EventDestinations", ()) if it["Name"] == DESTINATION), None)
        if found is None:
            return None
        wanted = self._destination(name, events)["EventDestination"]
        kind = next(each for each in wanted if each.endswith("Destination"))
        same = (
            found.get("Enabled") is True
            and set(found["MatchingEventTypes"]) == set(wanted["MatchingEventTypes"])
            and found.get(kind) == wanted[kind]
        )
        return not same

    def update_destination(self, name: str, events: Sequence[str]) -> None:
        self._ses.call(
            "UpdateConfigurationSetEventDestination",
            "update_configuration_set_event_destination",
            **self._destination(name, events),
        )

    def delete_destination(self, name: str) -> None:
        self._ses.unless(
            GONE,
            "DeleteConfigurationSetEventDestination",
            "delete_configuration_set_event_destination",
            ConfigurationSetName=name,
            EventDestinationName=DESTINATION,
        )

    def _put(self, operation: str, method: str, name: str, **options: Any) -> None:  # noqa: ANN401  # as SES's
        self._ses.call(operation, method, ConfigurationSetName=name, **options)

    def _destination(self, name: str, events: Sequence[str]) -> dict[str, Any]:
        by_topic = ":sns:" in self._target
        where = (
            {"SnsDestination": {"TopicArn": self._target}}
            if by_topic
            else {"EventBridgeDestination": {"EventBusArn": self._target}}
        )
        wanted = {"Enabled": True, "MatchingEventTypes": [event.upper() for event in events], **where}
        return {"ConfigurationSetName": name, "EventDestinationName": DESTINATION, "EventDestination": wanted}


def _delivery(of: DeliveryOptions) -> dict[str, Any]:
    pool = SHARED_POOL if of.pool == SHARED else of.pool
    return {**of.other, "TlsPolicy": of.tls.upper(), "SendingPoolName": pool}


def _delivery_of(found: Mapping[str, Any]) -> DeliveryOptions:
    pool = found.get("SendingPoolName", "")
    other = {name: value for name, value in found.items() if name not in {"TlsPolicy", "SendingPoolName"}}
    return DeliveryOptions(
        found.get("TlsPolicy", "OPTIONAL").lower(),
        SHARED if pool == SHARED_POOL else pool,
        other,
    )


_OFF: Final = "off"


def _suppression(of: Suppression) -> dict[str, Any]:
    reasons = {} if of.reasons is None else {"SuppressedReasons": [reason.upper() for reason in of.reasons]}
    scope = {"SuppressionScope": of.scope.upper()} if of.scope else {}
    validation = {"ValidationOptions": {"ConditionThreshold": _threshold(of.validation)}} if of.validation else {}
    return {**of.other, **reasons, **scope, **validation}


def _threshold(validation: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SuppressionConditionThreshold.html."""
    if validation == _OFF:
        return {"ConditionThresholdEnabled": "DISABLED"}
    confidence = {"ConfidenceVerdictThreshold": validation.upper()}
    return {"ConditionThresholdEnabled": "ENABLED", "OverallConfidenceThreshold": confidence}


def _validation_of(found: Mapping[str, Any]) -> str:
    threshold = (found.get("ValidationOptions") or {}).get("ConditionThreshold") or {}
    if threshold.get("ConditionThresholdEnabled") != "ENABLED":
        return _OFF
    confidence = threshold.get("OverallConfidenceThreshold") or {}
    return str(confidence.get("ConfidenceVerdictThreshold", "")).lower()


def _suppression_of(found: Mapping[str, Any]) -> Suppression:
    reasons = found.get("SuppressedReasons")
    other = {name: value for name, value in found.items() if name != "SuppressedReasons"}
    return Suppression(
        None if reasons is None else tuple(sorted(reason.lower() for reason in reasons)),
        other,
        str(found.get("SuppressionScope", "")).lower(),
        _validation_of(found),
    )
