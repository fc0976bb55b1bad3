"""The key that links are signed with: a secret that the template makes, read once a process."""

from __future__ import annotations

from functools import cache
from typing import Final

from sesguard.aws.boto_types import SecretsManagerClient
from sesguard.aws.clients import Clients, calling
from sesguard.errors import AwsError

ACTIONS: Final = frozenset({"secretsmanager:GetSecretValue"})
LEAST: Final = 32
"""Characters. HMAC-SHA256 wants a key of 32 bytes of chance: https://www.rfc-editor.org/rfc/rfc2104#section-3"""


class SigningKey:
    """Reads the secret when it is first asked for, and keeps it for the life of the process."""

    def __init__(self, clients: Clients, secret: str) -> None:
        self._clients = clients
        self._secret = secret
        self.read = cache(self._read)

    def _read(self) -> bytes:
        """Read the key. Raises AwsError; the next call then tries again."""
        client: SecretsManagerClient = self._clients.make("secretsmanager")
        with calling("GetSecretValue"):
            text = client.get_secret_value(SecretId=self._secret).get("SecretString", "")
        if len(text) < LEAST:
            raise AwsError("GetSecretValue", "SigningSecretTooShort", retryable=False)
        return text.encode()
