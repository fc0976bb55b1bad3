"""SES v2 in memory, as far as onboarding asks it, in the place of a botocore client: as documented, and as slow.

One call a second of its own clock, which only ``sleep`` moves: https://docs.aws.amazon.com/ses/latest/dg/quotas.html.
Whether sending is on can be read here, and not be written: there is no such method.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from botocore.exceptions import ClientError

from sesguard.tenants.model import identity_key
from tests.fakes.world import Hook, no_hook

ACCOUNT, REGION = "123456789012", "eu-west-1"
SHARED = {"ses-shared-pool", "ses-default-dedicated-pool"}
MOST_DESTINATIONS = 10


class MemorySes:
    """One account and region. ``calls``: name and time of each; ``too_early``: those that came within a second."""

    def __init__(self, *, most_sets: int = 10_000, most_pools: int = 50) -> None:
        self.sets: dict[str, dict[str, Any]] = {}
        self.identities: dict[str, dict[str, Any]] = {}
        self.tenants: dict[str, dict[str, Any]] = {}
        self.pools: dict[str, str] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.calls: list[tuple[str, float]] = []
        self.too_early: list[str] = []
        self.policies: dict[str, str] = {}
        self.throttled = 0  # how many calls to come are refused, because others call, too
        self.now = 1_000.0
        self.hook: Hook = no_hook
        self._most_sets, self._most_pools = most_sets, most_pools
        self._tenants_made = 0
        self._tokens = 1

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def __getattr__(self, name: str) -> Any:
        operation = getattr(type(self), f"_{name}", None)
        if name.startswith("_") or operation is None:
            raise AttributeError(name)

        def call(**request: Any) -> Any:
            self.hook(name)
            self._count(name)
            answer = deepcopy(operation(self, request))
            self.hook(f"{name} done")
            return answer

        return call

    def _count(self, name: str) -> None:
        last = self.calls[-1][1] if self.calls else float("-inf")
        self.calls.append((name, self.now))
        if self.now - last < 1.0:
            self.too_early.append(name)
            raise failure("TooManyRequestsException", 429)
        if self.throttled:
            self.throttled -= 1
            raise failure("TooManyRequestsException", 429)

    # ---- configuration sets

    def _create_configuration_set(self, request: Mapping[str, Any]) -> Any:
        name = request["ConfigurationSetName"]
        if name in self.sets:
            raise failure("AlreadyExistsException")
        if len(self.sets) >= self._most_sets:
            raise failure("LimitExceededException")
        assert request.get("SendingOptions") in (None, {"SendingEnabled": False})  # off at most, from the start
        self._check_pool(request.get("DeliveryOptions", {}))
        sending = request.get("SendingOptions", {"SendingEnabled": True})
        options = ("DeliveryOptions", "ReputationOptions", "SuppressionOptions")
        self.add_set(name, **{option: request[option] for option in options if option in request})
        self.sets[name]["SendingOptions"] = dict(sending)
        self.tags[arn("configuration-set", name)] = as_tags(request.get("Tags"))
        return {}

    def add_set(self, name: str, *, tags: Mapping[str, str] | None = None, **options: Any) -> None:
        """A set that somebody else has made."""
        defaults = {"ReputationOptions": {"ReputationMetricsEnabled": False}}
        self.sets[name] = {**defaults, **deepcopy(options), "SendingOptions": {"SendingEnabled": True}, "events": {}}
        self.tags[arn("configuration-set", name)] = dict(tags or {})

    def _get_configuration_set(self, request: Mapping[str, Any]) -> Any:
        found = self._set(request)
        shown = {name: value for name, value in found.items() if name != "events"}
        return {**shown, "Tags": listed(self.tags[arn("configuration-set", request["ConfigurationSetName"])])}

    def _delete_configuration_set(self, request: Mapping[str, Any]) -> Any:
        self._set(request)
        this = arn("configuration-set", request["ConfigurationSetName"])
        if any(this in tenant["resources"] for tenant in self.tenants.values()):
            raise failure("BadRequestException")
        del self.sets[request["ConfigurationSetName"]], self.tags[this]
        return {}

    def _put_configuration_set_delivery_options(self, request: Mapping[str, Any]) -> Any:
        self._check_pool(request)
        self._put(request, "DeliveryOptions")
        return {}

    def _update_reputation_entity_policy(self, request: Mapping[str, Any]) -> Any:
        self.policies[request["ReputationEntityReference"]] = request["ReputationEntityPolicy"]
        return {}

    def _put_configuration_set_reputation_options(self, request: Mapping[str, Any]) -> Any:
        self._put(request, "ReputationOptions")
        return {}

    def _put_configuration_set_suppression_options(self, request: Mapping[str, Any]) -> Any:
        self._put(request, "SuppressionOptions")
        return {}

    def _put(self, request: Mapping[str, Any], option: str) -> None:
        """What is left out of a group of options is gone."""
        found = self._set(request)
        found[option] = {name: value for name, value in request.items() if name != "ConfigurationSetName"}

    def _set(self, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self.sets[request["ConfigurationSetName"]]
        except KeyError:
            raise failure("NotFoundException", 404) from None

    def _check_pool(self, options: Mapping[str, Any]) -> None:
        if options.get("SendingPoolName", "ses-shared-pool") not in {*self.pools, *SHARED}:
            raise failure("BadRequestException")

    # ---- event destinations

    def _create_configuration_set_event_destination(self, request: Mapping[str, Any]) -> Any:
        events, name = self._set(request)["events"], request["EventDestinationName"]
        if name in events:
            raise failure("AlreadyExistsException")
        if len(events) >= MOST_DESTINATIONS:
            raise failure("LimitExceededException")
        events[name] = deepcopy(request["EventDestination"])
        return {}

    def _get_configuration_set_event_destinations(self, request: Mapping[str, Any]) -> Any:
        return {"EventDestinations": [{"Name": name, **each} for name, each in self._set(request)["events"].items()]}

    def _update_configuration_set_event_destination(self, request: Mapping[str, Any]) -> Any:
        self._destination(request)
        self._set(request)["events"][request["EventDestinationName"]] = deepcopy(request["EventDestination"])
        return {}

    def _delete_configuration_set_event_destination(self, request: Mapping[str, Any]) -> Any:
        self._destination(request)
        del self._set(request)["events"][request["EventDestinationName"]]
        return {}

    def _destination(self, request: Mapping[str, Any]) -> None:
        if request["EventDestinationName"] not in self._set(request)["events"]:
            raise failure("NotFoundException", 404)

    # ---- identities

    def add_identity(self, name: str, default: str = "", tags: Mapping[str, str] | None = None) -> None:
        self.identities[name] = {"ConfigurationSetName": default} if default else {}
        self.tags[arn("identity", name)] = dict(tags or {})

    def verify(self, name: str) -> None:
        """SES has found the records of an identity."""
        self.identities[name] |= {"VerifiedForSendingStatus": True, "VerificationStatus": "SUCCESS"}
        self.identities[name]["DkimAttributes"] |= {"Status": "SUCCESS", "SigningEnabled": True}

    def give_up(self, name: str) -> None:
        """SES has not found them for 72 hours."""
        self.identities[name]["VerificationStatus"] = self.identities[name]["DkimAttributes"]["Status"] = "FAILED"

    def _create_email_identity(self, request: Mapping[str, Any]) -> Any:
        name = request["EmailIdentity"]
        if name in self.identities:
            raise failure("AlreadyExistsException")
        assert request["DkimSigningAttributes"] == {"NextSigningKeyLength": "RSA_2048_BIT"}
        self.add_identity(name, tags=as_tags(request.get("Tags")))
        tokens = [f"{letter}{self._tokens}" for letter in "abc"]
        dkim = {"SigningEnabled": True, "Status": "PENDING", "Tokens": tokens, "SigningAttributesOrigin": "AWS_SES"}
        self.identities[name] = {"VerificationStatus": "PENDING", "DkimAttributes": dkim}
        return {}

    def _delete_email_identity(self, request: Mapping[str, Any]) -> Any:
        """https://docs.aws.amazon.com/ses/latest/dg/tenants.html: one that is associated with a tenant stays."""
        name = request["EmailIdentity"]
        if name not in self.identities:
            raise failure("NotFoundException", 404)
        if any(arn("identity", name) in tenant["resources"] for tenant in self.tenants.values()):
            raise failure("BadRequestException")
        del self.identities[name], self.tags[arn("identity", name)]
        return {}

    def _put_email_identity_mail_from_attributes(self, request: Mapping[str, Any]) -> Any:
        found = self._identity(request)
        found["MailFromAttributes"] = {"MailFromDomain": request["MailFromDomain"], "MailFromDomainStatus": "PENDING"}
        return {}

    def _put_email_identity_dkim_signing_attributes(self, request: Mapping[str, Any]) -> Any:
        found = self._identity(request)
        assert request["SigningAttributesOrigin"] == "AWS_SES"
        found["VerificationStatus"] = found["DkimAttributes"]["Status"] = "PENDING"
        return {}

    def _called(self, request: Mapping[str, Any]) -> str:
        """The identity's name as it is kept: that of a domain has no case."""
        wanted = identity_key(request["EmailIdentity"])
        found = next((name for name in self.identities if identity_key(name) == wanted), None)
        if found is None:
            raise failure("NotFoundException", 404)
        return found

    def _identity(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return self.identities[self._called(request)]

    def _get_email_identity(self, request: Mapping[str, Any]) -> Any:
        name = self._called(request)
        return {**self.identities[name], "Tags": listed(self.tags[arn("identity", name)])}

    def _put_email_identity_configuration_set_attributes(self, request: Mapping[str, Any]) -> Any:
        default = request.get("ConfigurationSetName", "")
        found = self._identity(request)
        if default and default not in self.sets:
            raise failure("NotFoundException", 404)
        found.pop("ConfigurationSetName", None)
        found |= {"ConfigurationSetName": default} if default else {}
        return {}

    # ---- tenants

    def _create_tenant(self, request: Mapping[str, Any]) -> Any:
        if request["TenantName"] in self.tenants:
            raise failure("AlreadyExistsException")
        return {"TenantArn": self.add_tenant(request["TenantName"], as_tags(request.get("Tags")))}

    def add_tenant(self, name: str, tags: Mapping[str, str] | None = None) -> str:
        self._tenants_made += 1
        this = arn("tenant", f"{name}/tn-{self._tenants_made}")
        self.tenants[name] = {"TenantArn": this, "resources": set()}
        self.tags[this] = dict(tags or {})
        return this

    def _get_tenant(self, request: Mapping[str, Any]) -> Any:
        tenant = self._tenant(request)
        return {"Tenant": {"TenantArn": tenant["TenantArn"], "Tags": listed(self.tags[tenant["TenantArn"]])}}

    def _delete_tenant(self, request: Mapping[str, Any]) -> Any:
        del self.tags[self._tenant(request)["TenantArn"]]
        del self.tenants[request["TenantName"]]
        return {}

    def _create_tenant_resource_association(self, request: Mapping[str, Any]) -> Any:
        resources = self._tenant(request)["resources"]
        kind, _, name = request["ResourceArn"].split(":")[-1].partition("/")
        if name not in {"configuration-set": self.sets, "identity": self.identities}[kind]:
            raise failure("NotFoundException", 404)
        if request["ResourceArn"] in resources:
            raise failure("AlreadyExistsException")
        resources.add(request["ResourceArn"])
        return {}

    def _delete_tenant_resource_association(self, request: Mapping[str, Any]) -> Any:
        resources = self._tenant(request)["resources"]
        if request["ResourceArn"] not in resources:
            raise failure("NotFoundException", 404)
        resources.discard(request["ResourceArn"])
        return {}

    def _list_tenant_resources(self, request: Mapping[str, Any]) -> Any:
        return {"TenantResources": [{"ResourceArn": each} for each in sorted(self._tenant(request)["resources"])]}

    def _tenant(self, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self.tenants[request["TenantName"]]
        except KeyError:
            raise failure("NotFoundException", 404) from None

    # ---- pools and tags

    def _create_dedicated_ip_pool(self, request: Mapping[str, Any]) -> Any:
        name = request["PoolName"]
        if name in self.pools:
            raise failure("AlreadyExistsException")
        if len(self.pools) >= self._most_pools:
            raise failure("LimitExceededException")
        self.add_pool(name, request["ScalingMode"], as_tags(request.get("Tags")))
        return {}

    def add_pool(self, name: str, scaling: str = "STANDARD", tags: Mapping[str, str] | None = None) -> None:
        self.pools[name] = scaling
        self.tags[arn("dedicated-ip-pool", name)] = dict(tags or {})

    def _get_dedicated_ip_pool(self, request: Mapping[str, Any]) -> Any:
        return {"DedicatedIpPool": {"PoolName": request["PoolName"], "ScalingMode": self._pool(request)}}

    def _put_dedicated_ip_pool_scaling_attributes(self, request: Mapping[str, Any]) -> Any:
        if self._pool(request) == "MANAGED" and request["ScalingMode"] != "MANAGED":
            raise failure("BadRequestException")
        self.pools[request["PoolName"]] = request["ScalingMode"]
        return {}

    def _delete_dedicated_ip_pool(self, request: Mapping[str, Any]) -> Any:
        self._pool(request)
        name = request["PoolName"]
        if any(each.get("DeliveryOptions", {}).get("SendingPoolName") == name for each in self.sets.values()):
            raise failure("BadRequestException")
        del self.pools[name], self.tags[arn("dedicated-ip-pool", name)]
        return {}

    def _pool(self, request: Mapping[str, Any]) -> str:
        try:
            return self.pools[request["PoolName"]]
        except KeyError:
            raise failure("NotFoundException", 404) from None

    def _tag_resource(self, request: Mapping[str, Any]) -> Any:
        self._tags(request).update(as_tags(request["Tags"]))
        return {}

    def _untag_resource(self, request: Mapping[str, Any]) -> Any:
        tags = self._tags(request)
        for key in request["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _list_tags_for_resource(self, request: Mapping[str, Any]) -> Any:
        return {"Tags": listed(self._tags(request))}

    def _tags(self, request: Mapping[str, Any]) -> dict[str, str]:
        try:
            return self.tags[request["ResourceArn"]]
        except KeyError:
            raise failure("NotFoundException", 404) from None


def arn(kind: str, name: str) -> str:
    return f"arn:aws:ses:{REGION}:{ACCOUNT}:{kind}/{name}"


def as_tags(tags: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags or ()}


def listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def failure(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]  # what is read of it
        "Any",
    )
