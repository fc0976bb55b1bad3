"""Identities of SES, read through the gate of one call a second.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetEmailIdentity.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from time import monotonic, sleep
from typing import Any, ClassVar, Final

from sesguard.aws.clients import calling_unless
from sesguard.aws.ses.calls import GONE, SesCalls, every
from sesguard.aws.tables.lease import Lease
from sesguard.errors import AwsError
from sesguard.posture.identity import SesIdentity
from sesguard.provisioning.problems import Stopped

_A_PAGE: Final = 1_000
_BITS: Final = {"RSA_1024_BIT": 1024, "RSA_2048_BIT": 2048}
_OWN_KEY: Final = "EXTERNAL"


class SesIdentityReader:
    """The port ``IdentityReader`` over SES. lease: None where nobody else is asked to wait."""

    ACTIONS: ClassVar = frozenset({"ses:ListEmailIdentities", "ses:GetEmailIdentity"})

    def __init__(self, calls: SesCalls, lease: Lease | None, region: str) -> None:
        self._calls = calls
        self._lease = lease
        self._region = region

    def begin(self, patience_seconds: float = 0.0) -> bool:
        if self._lease is None:
            return True
        until = monotonic() + patience_seconds
        while not self._lease.take():
            if monotonic() >= until:
                return False
            sleep(1.0)
        return True

    def end(self) -> None:
        if self._lease is not None:
            self._lease.leave()

    def names(self) -> Sequence[str]:
        ask = partial(self._call, "ListEmailIdentities", "list_email_identities")
        return [each["IdentityName"] for each in every(ask, "EmailIdentities", PageSize=_A_PAGE)]

    def read(self, name: str) -> SesIdentity | None:
        with calling_unless("GetEmailIdentity", GONE):
            answer = self._call("GetEmailIdentity", "get_email_identity", EmailIdentity=name)
            return identity_of(name, answer, self._region)
        return None

    def _call(self, operation: str, method: str, **request: Any) -> Any:  # noqa: ANN401  # as the service's
        try:
            return self._calls.call(operation, method, **request)
        except Stopped as stopped:  # somebody's turn, or no time: the message comes again
            raise AwsError(operation, f"Stopped: {stopped}", retryable=True) from None


def identity_of(name: str, answer: Mapping[str, Any], region: str) -> SesIdentity:
    """Read GetEmailIdentity's answer; what a future version may leave out is empty."""
    dkim, mail_from = answer.get("DkimAttributes") or {}, answer.get("MailFromAttributes") or {}
    verified = bool(answer.get("VerifiedForSendingStatus"))
    tokens: Iterable[str] = dkim.get("Tokens") or ()
    return SesIdentity(
        name=name,
        region=region,
        verified=verified,
        verification=answer.get("VerificationStatus", "SUCCESS" if verified else "PENDING"),
        dkim_signing=bool(dkim.get("SigningEnabled")),
        dkim_status=dkim.get("Status", ""),
        dkim_own_key=dkim.get("SigningAttributesOrigin") == _OWN_KEY,
        dkim_tokens=tuple(tokens),
        dkim_zone=dkim.get("SigningHostedZone") or "dkim.amazonses.com",
        dkim_bits=_BITS.get(dkim.get("CurrentSigningKeyLength", ""), 0),
        mail_from=(mail_from.get("MailFromDomain") or "").lower(),
        mail_from_status=mail_from.get("MailFromDomainStatus") or "",
        rejects_without_mx=mail_from.get("BehaviorOnMxFailure") == "REJECT_MESSAGE",
        default_set=answer.get("ConfigurationSetName") or "",
    )


class SesMailFromRestart:
    """Sets a MAIL FROM domain to what it is, so that SES looks for its records again. Only an operator does that.

    https://docs.aws.amazon.com/ses/latest/dg/mail-from.html
    """

    ACTIONS: ClassVar = frozenset({"ses:PutEmailIdentityMailFromAttributes"})

    def __init__(self, calls: SesCalls) -> None:
        self._calls = calls

    def restart(self, identity: SesIdentity) -> None:
        """Set it. Raises AwsError."""
        self._calls.call(
            "PutEmailIdentityMailFromAttributes",
            "put_email_identity_mail_from_attributes",
            EmailIdentity=identity.name,
            MailFromDomain=identity.mail_from,
            BehaviorOnMxFailure="REJECT_MESSAGE" if identity.rejects_without_mx else "USE_DEFAULT_VALUE",
        )
