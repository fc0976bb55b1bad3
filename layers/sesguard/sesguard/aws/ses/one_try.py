"""Clients of those who make SES's control calls one a second: a call is never tried again behind their back."""

from __future__ import annotations

from typing import Any, Final

from botocore.config import Config

from sesguard.aws.clients import Clients

# One try, because each counts against SES's one call a second; an answer is waited for no longer than the line is held.
_ONE_TRY: Final = Config(connect_timeout=2, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 1})

A_CALL: Final = 30.0
"""Seconds that a call may take, and what is written after it: 16 of waiting after a refusal, 10 for its answer."""


class OneTryClients(Clients):
    """Clients, of which those of SES never try again by themselves."""

    def make(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401  # botocore knows only its base class
        if service != "sesv2":
            return super().make(service, region)
        return self._session.create_client(service, region_name=region, endpoint_url=self._endpoint, config=_ONE_TRY)
