"""Wire the commands on tenants to AWS: the registry, SES as it is, what is lined up, pools and SMTP credentials."""

from __future__ import annotations

from sesguard.aws.ses.addresses import SesAddresses
from sesguard.aws.ses.calls import SesCalls
from sesguard.aws.ses.inventory import SesListing
from sesguard.aws.smtp_users import AwsSmtpUsers
from sesguard.aws.tables.provisioning import DynamoOnboardingRows, DynamoProvisioningTasks
from sesguard.aws.tables.registry import DynamoRegistry
from sesguard.provisioning.ports import OnboardingRows, ProvisioningTasks
from sesguard.provisioning.smtp_credentials import SmtpCredentials
from sesguard.tenants.ports import RegistryStore, SesInventory
from sesguard.wiring.doctor import polite_gate
from sesguard.wiring.operator import Guard


def registry_store(guard: Guard) -> RegistryStore:
    """Make what reads and writes the registry. Raises StackError where the stack is too old, as the others do."""
    return DynamoRegistry(guard.clients.dynamodb, guard.stack.output("TenantsTableName"))


def ses_inventory(guard: Guard) -> SesInventory:
    """Make what lists what SES has."""
    return SesListing(guard.clients.sesv2)


def onboarding_rows(guard: Guard) -> OnboardingRows:
    """Make what reads all that is lined up to be made so in SES."""
    return DynamoOnboardingRows(guard.clients.dynamodb, guard.stack.output("OnboardingTableName"))


def provisioning_tasks(guard: Guard) -> ProvisioningTasks:
    """Make what lines something up to be made so in SES."""
    return DynamoProvisioningTasks(guard.clients.dynamodb, guard.stack.output("OnboardingTableName"))


def pool_addresses(guard: Guard) -> SesAddresses:
    """Everything over SES, one call a second, and none while the guard has a pause to make."""
    return SesAddresses(SesCalls(guard.clients.sesv2, polite_gate(guard)))


def smtp_credentials(guard: Guard) -> SmtpCredentials:
    """Everything over AWS, with the operator's own credentials."""
    return SmtpCredentials(AwsSmtpUsers(guard.clients), guard.stack.name, guard.partition)
