"""Credentials of a role in another account, taken anew before they expire."""

from __future__ import annotations

import re
from typing import Any, Final

from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.session import Session

from sesguard.aws.clients import calling, new_session
from sesguard.errors import ConfigurationError

ACTIONS: Final = frozenset({"sts:AssumeRole"})

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, RoleSessionName
_NOT_OF_A_NAME: Final = re.compile(r"[^\w+=,.@-]", re.ASCII)
_LONGEST_NAME: Final = 64
_LEAST_NAME: Final = 2


def session_name(caller: str) -> str:
    """Name a role's session after who takes it, so that records of the other account say who that was.

    caller: an ARN, whose last part is a user's or session's name.
    """
    name = _NOT_OF_A_NAME.sub("-", caller.rpartition("/")[2])[:_LONGEST_NAME]
    return name if len(name) >= _LEAST_NAME else "sesguard"


class _Given(CredentialProvider):
    """Credentials that are there already, as a session asks for them."""

    METHOD = "assume-role"

    def __init__(self, credentials: DeferredRefreshableCredentials) -> None:
        super().__init__()
        self._given = credentials

    def load(self) -> DeferredRefreshableCredentials:
        return self._given


def assume_role(session: Session, role: str, name: str, endpoint: str | None, config: Config) -> Session:
    """Make a session with the credentials of ``role`` (an ARN), in the region of ``session``.

    Raises ConfigurationError where there are no credentials to take it by, and AwsError where STS refuses.
    """
    source = session.get_credentials()
    if source is None:
        raise ConfigurationError("NoCredentialsError", "Unable to locate credentials")

    def client(service: str, **keys: Any) -> Any:  # noqa: ANN401  # as botocore makes them
        return session.create_client(service, endpoint_url=endpoint, config=config, **keys)

    fetcher = AssumeRoleCredentialFetcher(client, source, role, extra_args={"RoleSessionName": name})
    credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
    with calling("AssumeRole"):
        credentials.get_frozen_credentials()
    assumed = new_session()
    assumed.set_config_variable("region", session.get_config_variable("region"))
    assumed.register_component("credential_provider", CredentialResolver([_Given(credentials)]))
    return assumed
