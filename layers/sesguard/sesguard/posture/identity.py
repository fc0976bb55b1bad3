"""What SES says of an identity, as far as it bears on whether its mail is taken."""

from __future__ import annotations

import msgspec


class SesIdentity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An identity of SES. Statuses are SES's own words (SUCCESS, PENDING, FAILED, TEMPORARY_FAILURE, NOT_STARTED).

    name: a domain or an address. dkim_tokens: three of Easy DKIM, or the selector of one's own key. dkim_zone: where
    Easy DKIM's CNAMEs lead. parent_dkim: whether the address's domain is verified with DKIM, which then signs for it.
    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetEmailIdentity.html
    """

    name: str
    region: str = ""
    verified: bool = False
    verification: str = ""
    dkim_signing: bool = False
    dkim_status: str = ""
    dkim_own_key: bool = False
    dkim_tokens: tuple[str, ...] = ()
    dkim_zone: str = "dkim.amazonses.com"
    dkim_bits: int = 0
    mail_from: str = ""
    mail_from_status: str = ""
    rejects_without_mx: bool = False
    default_set: str = ""
    parent_dkim: bool = False

    @property
    def is_address(self) -> bool:
        return "@" in self.name

    @property
    def domain(self) -> str:
        """The domain that mail of this identity is from."""
        return self.name.rpartition("@")[2].lower().removesuffix(".")

    def signed_by(self, parent: SesIdentity) -> SesIdentity:
        """The same address, for which ``parent``, its verified domain, signs."""
        return msgspec.structs.replace(
            self, parent_dkim=True, dkim_signing=True, dkim_tokens=parent.dkim_tokens, dkim_own_key=parent.dkim_own_key
        )
