"""The identities of SES whose mail may be counted nowhere: those without a default configuration set."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from sesguard.account.identities import IdentitiesSeen
from sesguard.aws.boto_types import SESV2Client
from sesguard.aws.clients import calling
from sesguard.aws.ses.calls import APART, CallRate, every

ACTIONS: Final = frozenset({"ses:ListEmailIdentities", "ses:GetEmailIdentity"})
_A_PAGE: Final = 1_000


class SesIdentities:
    """The port ``Identities`` over SES. sleep: waits so many seconds."""

    def __init__(self, client: SESV2Client, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._sleep = sleep

    def without_default_set(self, most: int) -> IdentitiesSeen:
        with calling("GetEmailIdentity"):
            page = self._client.list_email_identities(PageSize=_A_PAGE)
            names = [it["IdentityName"] for it in page.get("EmailIdentities", ()) if it.get("SendingEnabled", True)]
            # Domains first: more is sent by them than by single addresses.
            looked = sorted(names, key=lambda name: ("@" in name, name))[:most]
            found = []
            for name in looked:
                self._sleep(APART)
                if not self._client.get_email_identity(EmailIdentity=name).get("ConfigurationSetName"):
                    found.append(shown(name))
        return IdentitiesSeen(tuple(dict.fromkeys(found)), len(looked), len(names), bool(page.get("NextToken")))

    def verified_domains(self) -> frozenset[str]:
        """The domains that are verified in the account and region. Raises AwsError."""
        list_some, pace = self._client.list_email_identities, CallRate(APART, sleep=self._sleep)
        with calling("ListEmailIdentities"):
            return frozenset(
                it["IdentityName"].lower()
                for it in every(list_some, "EmailIdentities", pace, PageSize=_A_PAGE)
                if it.get("IdentityType") == "DOMAIN" and it.get("VerificationStatus", "SUCCESS") == "SUCCESS"
            )


def shown(name: str) -> str:
    """A domain as it is; of an address, which may be a person's, the domain alone."""
    local, at, domain = name.rpartition("@")
    return f"an address at {domain}" if at and local else name
