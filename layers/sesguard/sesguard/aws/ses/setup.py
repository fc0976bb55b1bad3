"""All that onboarding asks of SES v2: configuration sets, identities, tenants, pools, tags."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, Final

from sesguard.aws.ses.calls import EXISTS, GONE, as_tags, every, listed
from sesguard.aws.ses.identity_reader import identity_of
from sesguard.aws.ses.sets import SesSets
from sesguard.provisioning.ses_ports import IdentityNow, TenantNow

ACTIONS: Final = frozenset(
    {
        "ses:GetEmailIdentity",
        "ses:PutEmailIdentityConfigurationSetAttributes",
        "ses:CreateEmailIdentity",
        "ses:PutEmailIdentityMailFromAttributes",
        "ses:PutEmailIdentityDkimSigningAttributes",
        "ses:DeleteEmailIdentity",
        "ses:CreateTenant",
        "ses:GetTenant",
        "ses:DeleteTenant",
        "ses:UpdateReputationEntityPolicy",
        "ses:CreateTenantResourceAssociation",
        "ses:DeleteTenantResourceAssociation",
        "ses:ListTenantResources",
        "ses:CreateDedicatedIpPool",
        "ses:GetDedicatedIpPool",
        "ses:PutDedicatedIpPoolScalingAttributes",
        "ses:DeleteDedicatedIpPool",
        "ses:TagResource",
        "ses:UntagResource",
        "ses:ListTagsForResource",
    }
)


_EASY_DKIM: Final[Mapping[str, Any]] = {"NextSigningKeyLength": "RSA_2048_BIT"}
"""https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_DkimSigningAttributes.html"""


class SesSetup(SesSets):
    """The port ``Setup``."""

    def read_identity(self, name: str) -> IdentityNow | None:
        found = self._ses.unless(GONE, "GetEmailIdentity", "get_email_identity", EmailIdentity=name)
        if found is None:
            return None
        said = identity_of(name, found, "")
        return IdentityNow(said.default_set, as_tags(found.get("Tags")), said)

    def put_default(self, identity: str, configuration_set: str) -> None:
        # Without a name, the identity has none: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutEmailIdentityConfigurationSetAttributes.html
        named = {"ConfigurationSetName": configuration_set} if configuration_set else {}
        self._ses.call(
            "PutEmailIdentityConfigurationSetAttributes",
            "put_email_identity_configuration_set_attributes",
            EmailIdentity=identity,
            **named,
        )

    def create_identity(self, name: str, tags: Mapping[str, str]) -> bool:
        made = self._ses.unless(
            EXISTS,
            "CreateEmailIdentity",
            "create_email_identity",
            EmailIdentity=name,
            Tags=listed(tags),
            DkimSigningAttributes=_EASY_DKIM,
        )
        return made is not None

    def put_mail_from(self, name: str, domain: str) -> None:
        self._ses.call(
            "PutEmailIdentityMailFromAttributes",
            "put_email_identity_mail_from_attributes",
            EmailIdentity=name,
            MailFromDomain=domain,
            BehaviorOnMxFailure="USE_DEFAULT_VALUE",
        )

    def restart_dkim(self, name: str) -> None:
        self._ses.call(
            "PutEmailIdentityDkimSigningAttributes",
            "put_email_identity_dkim_signing_attributes",
            EmailIdentity=name,
            SigningAttributesOrigin="AWS_SES",
            SigningAttributes=_EASY_DKIM,
        )

    def delete_identity(self, name: str) -> None:
        self._ses.unless(GONE, "DeleteEmailIdentity", "delete_email_identity", EmailIdentity=name)

    def create_tenant(self, name: str, tags: Mapping[str, str]) -> str:
        made = self._ses.unless(EXISTS, "CreateTenant", "create_tenant", TenantName=name, Tags=listed(tags))
        return made["TenantArn"] if made else ""

    def read_tenant(self, name: str) -> TenantNow | None:
        found = self._ses.unless(GONE, "GetTenant", "get_tenant", TenantName=name)
        return TenantNow(found["Tenant"]["TenantArn"], as_tags(found["Tenant"].get("Tags"))) if found else None

    def put_policy(self, tenant_arn: str, policy_arn: str) -> None:
        self._ses.call(
            "UpdateReputationEntityPolicy",
            "update_reputation_entity_policy",
            ReputationEntityType="RESOURCE",
            ReputationEntityReference=tenant_arn,
            ReputationEntityPolicy=policy_arn,
        )

    def delete_tenant(self, name: str) -> None:
        self._ses.unless(GONE, "DeleteTenant", "delete_tenant", TenantName=name)

    def associate(self, tenant: str, arn: str) -> None:
        self._ses.unless(
            EXISTS,
            "CreateTenantResourceAssociation",
            "create_tenant_resource_association",
            TenantName=tenant,
            ResourceArn=arn,
        )

    def dissociate(self, tenant: str, arn: str) -> None:
        self._ses.unless(
            GONE,
            "DeleteTenantResourceAssociation",
            "delete_tenant_resource_association",
            TenantName=tenant,
            ResourceArn=arn,
        )

    def associated(self, tenant: str) -> Collection[str]:
        ask = partial(self._ses.call, "ListTenantResources", "list_tenant_resources")
        return [each["ResourceArn"] for each in every(ask, "TenantResources", TenantName=tenant)]

    def create_pool(self, name: str, scaling: str, tags: Mapping[str, str]) -> bool:
        made = self._ses.unless(
            EXISTS,
            "CreateDedicatedIpPool",
            "create_dedicated_ip_pool",
            PoolName=name,
            ScalingMode=scaling.upper(),
            Tags=listed(tags),
        )
        return made is not None

    def read_pool(self, name: str) -> str:
        found = self._ses.unless(GONE, "GetDedicatedIpPool", "get_dedicated_ip_pool", PoolName=name)
        return found["DedicatedIpPool"]["ScalingMode"].lower() if found else ""

    def put_scaling(self, name: str, scaling: str) -> None:
        self._ses.call(
            "PutDedicatedIpPoolScalingAttributes",
            "put_dedicated_ip_pool_scaling_attributes",
            PoolName=name,
            ScalingMode=scaling.upper(),
        )

    def delete_pool(self, name: str) -> None:
        self._ses.unless(GONE, "DeleteDedicatedIpPool", "delete_dedicated_ip_pool", PoolName=name)

    def tags_of(self, arn: str) -> Mapping[str, str]:
        found = self._ses.unless(GONE, "ListTagsForResource", "list_tags_for_resource", ResourceArn=arn)
        return as_tags(found.get("Tags")) if found else {}

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        self._ses.call("TagResource", "tag_resource", ResourceArn=arn, Tags=listed(tags))

    def untag(self, arn: str, keys: Collection[str]) -> None:
        self._ses.unless(GONE, "UntagResource", "untag_resource", ResourceArn=arn, TagKeys=list(keys))
