"""What references stand for: ``ssm:/sesguard/…`` in Parameter Store, ``secretsmanager:sesguard/…`` in Secrets Manager.

Not Powertools' parameters: they keep only the text of what went wrong, and here its code decides whether a notice is
tried again or given up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

from sesguard.aws.boto_types import SecretsManagerClient
from sesguard.aws.clients import Clients, calling
from sesguard.errors import AwsError, ChannelError

ACTIONS: Final = frozenset({"ssm:GetParameter", "secretsmanager:GetSecretValue"})
KEPT_SECONDS: Final = 300
_MISSING: Final = frozenset({"ParameterNotFound", "ParameterVersionNotFound", "ResourceNotFoundException"})


class AwsSecrets:
    """The port ``Secrets``. What was read is kept in memory for some minutes; clients are made when first used."""

    def __init__(self, clients: Clients, clock: Callable[[], float] = time.monotonic) -> None:
        self._clients = clients
        self._clock = clock
        self._known: dict[str, tuple[float, str]] = {}

    @cached_property
    def _ssm(self) -> Any:  # noqa: ANN401  # botocore knows only its base class
        return self._clients.make("ssm")

    @cached_property
    def _secretsmanager(self) -> SecretsManagerClient:
        client: SecretsManagerClient = self._clients.make("secretsmanager")
        return client

    def read(self, reference: str, *, fresh: bool = False) -> str:
        until, value = self._known.get(reference, (0.0, ""))
        if fresh or self._clock() >= until:
            value = self._fetch(reference)
            self._known[reference] = (self._clock() + KEPT_SECONDS, value)
        return value

    def _fetch(self, reference: str) -> str:
        store, _, name = reference.partition(":")
        value: Any
        try:
            with calling("Get"):
                if store == "ssm":
                    value = self._ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"].get("Value")
                else:
                    value = self._secretsmanager.get_secret_value(SecretId=name).get("SecretString")
        except AwsError as failed:
            what = "does not exist" if failed.code in _MISSING else f"cannot be read: {failed.code}"
            raise ChannelError(f"the secret {reference} {what}", retryable=failed.retryable) from None
        if not isinstance(value, str) or not value.strip():
            raise ChannelError(f"the secret {reference} holds no text")
        return value
