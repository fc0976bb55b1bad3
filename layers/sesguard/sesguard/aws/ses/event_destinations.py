"""The event destinations of configuration sets, as SES has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sesguard.aws.boto_types import SESV2Client
from sesguard.aws.clients import calling_unless

ACTIONS: Final = frozenset({"ses:GetConfigurationSetEventDestinations"})
_NEEDED: Final = frozenset({"BOUNCE", "COMPLAINT"})
_VOLUME: Final = frozenset({"SEND", "DELIVERY"})


class SesEventDestinations:
    """The port ``EventDestinations`` over SES. target: the ARN of the guard's topic, or of the default bus."""

    def __init__(self, client: SESV2Client, target: str) -> None:
        self._client = client
        self._target = target

    def problem_of(self, configuration_set: str) -> str:
        answer: Mapping[str, Any] | None = None
        with calling_unless("GetConfigurationSetEventDestinations", "NotFoundException"):
            answer = self._client.get_configuration_set_event_destinations(ConfigurationSetName=configuration_set)
        if answer is None:
            return ""  # that the set is gone is what the comparison finds
        ours = [each for each in answer.get("EventDestinations", ()) if self._target in _targets(each)]
        if not ours:
            return "no event destination leads to the guard"
        enabled = [each for each in ours if each.get("Enabled")]
        if not enabled:
            return "its event destination is switched off"
        types = {each for destination in enabled for each in destination.get("MatchingEventTypes", ())}
        missing = sorted(_NEEDED - types) + ([] if types & _VOLUME else ["SEND"])
        return f"its event destination leaves out {', '.join(missing)}" if missing else ""


def _targets(destination: Mapping[str, Any]) -> set[str]:
    sns, bus = destination.get("SnsDestination") or {}, destination.get("EventBridgeDestination") or {}
    return {sns.get("TopicArn", ""), bus.get("EventBusArn", "")}
