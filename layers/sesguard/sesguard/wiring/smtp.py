"""Wire the SMTP credentials of streams to AWS."""

from __future__ import annotations

from sesguard.aws.smtp_users import AwsSmtpUsers
from sesguard.provisioning.smtp_credentials import SmtpCredentials
from sesguard.wiring.arns import Place
from sesguard.wiring.operator import Guard


def partition_of(guard: Guard) -> str:
    """The partition of the guard's region."""
    return Place(guard.stack.name, guard.stack.account, guard.stack.region).partition


def smtp_credentials(guard: Guard) -> SmtpCredentials:
    """Everything over AWS, with the operator's own credentials."""
    return SmtpCredentials(AwsSmtpUsers(guard.clients), guard.stack.name, partition_of(guard))
