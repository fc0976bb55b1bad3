"""The port ``SesFacts`` over SES: one call a second, and of many things some by chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from random import Random
from typing import Any, ClassVar, Final, TypeVar

from sesguard.aws.doctor.resources import Memory
from sesguard.aws.ses.calls import GONE, SesCalls, every
from sesguard.doctor.facts import (
    Destination,
    IdentityFacts,
    PoolFacts,
    Sampled,
    SesAccount,
    SesTenantFacts,
    SetFacts,
)
from sesguard.tenants.model import RESERVED_POOLS

_A_PAGE: Final = {"ConfigurationSets": 1_000, "EmailIdentities": 1_000, "Tenants": 100, "DedicatedIps": 100}
"""What is asked for at once: SES names 1,000 for the first two, and for others nothing. Of pools there are 50."""
T = TypeVar("T")


class SesFactsReader:
    """Reads them. most: of how many sets, identities and tenants details are read. chance: which."""

    ACTIONS: ClassVar = frozenset(
        """
        ses:GetAccount ses:ListConfigurationSets ses:GetConfigurationSet ses:GetConfigurationSetEventDestinations
        ses:ListEmailIdentities ses:GetEmailIdentity ses:ListTenants ses:GetReputationEntity
        ses:ListDedicatedIpPools ses:GetDedicatedIpPool ses:GetDedicatedIps
        """.split()
    )

    def __init__(self, calls: SesCalls, most: int, chance: Random) -> None:
        self._calls = calls
        self._most = most
        self._chance = chance
        self._memory = Memory()

    def account(self) -> SesAccount:
        return self._memory.ask(self._account, "account")

    def set_names(self) -> Sequence[str]:
        return self._memory.ask(
            lambda: sorted(self._pages("ListConfigurationSets", "list_configuration_sets", "ConfigurationSets")),
            "set names",
        )

    def sets(self) -> Sampled[SetFacts]:
        return self._memory.ask(lambda: self._some(self.set_names(), self.one_set), "sets")

    def one_set(self, name: str) -> SetFacts | None:
        return self._memory.ask(lambda: self._set(name), "set", name)

    def identities(self) -> Sampled[IdentityFacts]:
        return self._memory.ask(lambda: self._some(self._identity_names(), self.identity), "identities")

    def identity(self, name: str) -> IdentityFacts | None:
        return self._memory.ask(lambda: self._identity(name), "identity", name)

    def tenants(self) -> Sampled[SesTenantFacts]:
        return self._memory.ask(self._tenants, "tenants")

    def pools(self) -> Sequence[PoolFacts]:
        return self._memory.ask(lambda: list(self._pools()), "pools")

    def _account(self) -> SesAccount:
        asked = datetime.now(UTC)
        answer = self._calls.call("GetAccount", "get_account")
        quota = answer.get("SendQuota") or {}
        answered = None
        with suppress(KeyError, ValueError, TypeError):
            answered = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        return SesAccount(
            production=bool(answer.get("ProductionAccessEnabled")),
            sending=bool(answer.get("SendingEnabled", True)),
            enforcement=str(answer.get("EnforcementStatus") or ""),
            max_24_hours=float(quota.get("Max24HourSend", 0)),
            sent_24_hours=float(quota.get("SentLast24Hours", 0)),
            answered=answered,
            asked=asked,
        )

    def _set(self, name: str) -> SetFacts | None:
        found = self._calls.unless(GONE, "GetConfigurationSet", "get_configuration_set", ConfigurationSetName=name)
        if found is None:
            return None
        answer = self._calls.unless(
            GONE,
            "GetConfigurationSetEventDestinations",
            "get_configuration_set_event_destinations",
            ConfigurationSetName=name,
        )
        return SetFacts(
            name,
            sending=bool((found.get("SendingOptions") or {}).get("SendingEnabled", True)),
            reputation_metrics=bool((found.get("ReputationOptions") or {}).get("ReputationMetricsEnabled")),
            destinations=tuple(_destination(each) for each in (answer or {}).get("EventDestinations", ())),
        )

    def _identity_names(self) -> list[str]:
        found = self._pages("ListEmailIdentities", "list_email_identities", "EmailIdentities")
        return sorted(each["IdentityName"] for each in found)

    def _identity(self, name: str) -> IdentityFacts | None:
        found = self._calls.unless(GONE, "GetEmailIdentity", "get_email_identity", EmailIdentity=name)
        if found is None:
            return None
        return IdentityFacts(
            name, bool(found.get("VerifiedForSendingStatus")), str(found.get("ConfigurationSetName") or "")
        )

    def _tenants(self) -> Sampled[SesTenantFacts]:
        arns = {each["TenantName"]: each["TenantArn"] for each in self._pages("ListTenants", "list_tenants", "Tenants")}
        return self._some(sorted(arns), lambda name: SesTenantFacts(name, self._policy(arns[name])))

    def _policy(self, arn: str) -> str:
        found = self._calls.unless(
            GONE,
            "GetReputationEntity",
            "get_reputation_entity",
            ReputationEntityType="RESOURCE",
            ReputationEntityReference=arn,
        )
        policy = ((found or {}).get("ReputationEntity") or {}).get("ReputationManagementPolicy") or ""
        return str(policy).rpartition("/")[2]

    def _pools(self) -> Iterator[PoolFacts]:
        for name in self._pages("ListDedicatedIpPools", "list_dedicated_ip_pools", "DedicatedIpPools"):
            if name in RESERVED_POOLS:
                continue
            found = self._calls.unless(GONE, "GetDedicatedIpPool", "get_dedicated_ip_pool", PoolName=name)
            if found is None:
                continue
            managed = found["DedicatedIpPool"].get("ScalingMode") == "MANAGED"
            yield PoolFacts(name, None if managed else sum(1 for _ in self._addresses(name)))

    def _addresses(self, pool: str) -> Iterator[Any]:
        return self._pages("GetDedicatedIps", "get_dedicated_ips", "DedicatedIps", PoolName=pool)

    def _some(self, names: Sequence[str], read: Callable[[str], T | None]) -> Sampled[T]:
        """Read some of ``names``; those that are gone by then are none of them."""
        chosen = sorted(self._chance.sample(list(names), self._most)) if len(names) > self._most else names
        found = [each for each in map(read, chosen) if each is not None]
        return Sampled(tuple(found), len(names) - (len(chosen) - len(found)))

    def _pages(self, operation: str, method: str, key: str, **request: Any) -> Iterator[Any]:  # noqa: ANN401  # as SES's
        if key in _A_PAGE:
            request["PageSize"] = _A_PAGE[key]
        return every(partial(self._calls.call, operation, method), key, **request)


def _destination(found: Mapping[str, Any]) -> Destination:
    sns, bus = found.get("SnsDestination") or {}, found.get("EventBridgeDestination") or {}
    targets = filter(None, (sns.get("TopicArn"), bus.get("EventBusArn")))
    events = frozenset(str(each) for each in found.get("MatchingEventTypes", ()))
    return Destination(str(found.get("Name", "")), bool(found.get("Enabled")), events, frozenset(targets))
