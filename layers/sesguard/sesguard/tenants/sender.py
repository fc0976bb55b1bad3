"""Who sends from an SES identity, as the registry says it."""

from __future__ import annotations

from typing import NamedTuple


class RegisteredSender(NamedTuple):
    """Who sends from an identity: a tenant, by the configuration set that is the identity's default."""

    tenant: str
    configuration_set: str
