"""A stream's sending is turned on and off in SES, by its configuration set, by an SES tenant, or by both.

Always by the v2 API: only there can a role be limited to certain sets and tenants.
https://docs.aws.amazon.com/ses/latest/dg/tenants.html
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_UpdateReputationEntityCustomerManagedStatus.html
"""

from __future__ import annotations

from collections.abc import Callable
from time import sleep
from typing import Any, Final

from sesguard.aws.boto_types import SESV2Client
from sesguard.aws.clients import Clients, calling_unless
from sesguard.aws.ses.calls import CallRate
from sesguard.pausing.record import BY_CONFIGURATION_SET, PauseTarget, Sending
from sesguard.stream import StreamId

ACTIONS: Final = frozenset(
    {
        "ses:GetConfigurationSet",
        "ses:PutConfigurationSetSendingOptions",
        "ses:GetReputationEntity",
        "ses:UpdateReputationEntityCustomerManagedStatus",
    }
)
_NOT_FOUND: Final = "NotFoundException"
_DISABLED: Final = "DISABLED"


class SesSwitch:
    """The port ``Switch`` over SES. What is in another account or region than the guard is out of its reach.

    apart: see CallRate; who has time keeps to it and leaves room for pauses. pace: in the place of one made from that.
    """

    def __init__(
        self,
        clients: Clients,
        account: str,
        region: str,
        apart: float = 0.0,
        sleep: Callable[[float], None] = sleep,
        *,
        pace: CallRate | None = None,
    ) -> None:
        self._clients = clients
        self._account = account
        self._region = region
        self._pace = pace or CallRate(apart, sleep=sleep)

    def look(self, stream: StreamId, target: PauseTarget = BY_CONFIGURATION_SET) -> Sending:
        if stream[:2] != (self._account, self._region):
            return Sending.OUT_OF_REACH
        found = self._set(stream) if target.configuration_set else Sending.UNKNOWN_SET
        if found is Sending.OFF or not target.tenant_arn:
            return found
        tenant = self._tenant(stream, target.tenant_arn)
        return found if tenant is Sending.UNKNOWN_SET else tenant

    def turn(self, stream: StreamId, *, on: bool, target: PauseTarget = BY_CONFIGURATION_SET) -> Sending:
        if stream[:2] != (self._account, self._region):
            return Sending.OUT_OF_REACH
        done = self._turn_set(stream, on=on) if target.configuration_set else Sending.UNKNOWN_SET
        tenant = self._turn_tenant(stream, target.tenant_arn, on=on) if target.tenant_arn else Sending.UNKNOWN_SET
        return done if tenant is Sending.UNKNOWN_SET else tenant

    def _set(self, stream: StreamId) -> Sending:
        with calling_unless("GetConfigurationSet", _NOT_FOUND):
            found = self._client(stream).get_configuration_set(ConfigurationSetName=stream.configuration_set)
            # The default of a new set: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendingOptions.html
            return Sending.ON if found.get("SendingOptions", {}).get("SendingEnabled", True) else Sending.OFF
        return Sending.UNKNOWN_SET

    def _turn_set(self, stream: StreamId, *, on: bool) -> Sending:
        with calling_unless("PutConfigurationSetSendingOptions", _NOT_FOUND):
            self._client(stream).put_configuration_set_sending_options(
                ConfigurationSetName=stream.configuration_set, SendingEnabled=on
            )
            return Sending.ON if on else Sending.OFF
        return Sending.UNKNOWN_SET

    def _tenant(self, stream: StreamId, arn: str) -> Sending:
        """What is this account's own doing comes first: it hides what SES says besides."""
        with calling_unless("GetReputationEntity", _NOT_FOUND):
            answer = self._client(stream).get_reputation_entity(
                ReputationEntityType="RESOURCE", ReputationEntityReference=arn
            )
            entity: dict[str, Any] = {**answer["ReputationEntity"]}
            if entity.get("CustomerManagedStatus", {}).get("Status") == _DISABLED:
                return Sending.OFF
            # REINSTATED is on: it may send although SES has findings open.
            return Sending.OFF_BY_AWS if entity.get("SendingStatusAggregate") == _DISABLED else Sending.ON
        return Sending.UNKNOWN_SET

    def _turn_tenant(self, stream: StreamId, arn: str, *, on: bool) -> Sending:
        # ENABLED and never REINSTATED, which would overrule SES's own findings.
        with calling_unless("UpdateReputationEntityCustomerManagedStatus", _NOT_FOUND):
            self._client(stream).update_reputation_entity_customer_managed_status(
                ReputationEntityType="RESOURCE",
                ReputationEntityReference=arn,
                SendingStatus="ENABLED" if on else _DISABLED,
            )
            return Sending.ON if on else Sending.OFF
        return Sending.UNKNOWN_SET

    def _client(self, stream: StreamId) -> SESV2Client:
        self._pace.wait(stream.region)
        return self._clients.sesv2
