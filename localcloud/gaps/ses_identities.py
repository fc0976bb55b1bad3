"""Identities of SES: which one an address sends as, whether it may, and the configuration set it sends with by default.

https://docs.aws.amazon.com/ses/latest/dg/managing-configuration-sets-default-adding.html
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetEmailIdentity.html

Every identity is verified, but by the convention of this simulation one that has the tag `localcloud:verification`:
PENDING, FAILED, TEMPORARY_FAILURE or NOT_STARTED, as SES has these words.
"""

from collections.abc import Iterator
from email.utils import parseaddr
from typing import Any, Final

from ministack.services import ses, ses_v2

VERIFICATION_TAG: Final = "localcloud:verification"
_VERIFIED: Final = "SUCCESS"


def identity_of(sender: str) -> str:
    """The identity for `sender`: the address if that is one, else its domain, else the nearest parent domain's."""
    address = parseaddr(sender)[1]
    if address in ses_v2._identities or address in ses._identities:
        return address
    domain = address.rpartition("@")[2].lower()
    labels = domain.split(".")
    parents = (".".join(labels[start:]) for start in range(len(labels) - 1))
    known = {name.lower(): name for store in (ses_v2._identities, ses._identities) for name in store}
    return next((known[parent] for parent in parents if parent in known), domain)


def default_configuration_set(sender: str) -> str | None:
    identity = ses_v2._identities.get(identity_of(sender)) or {}
    name: str | None = identity.get("ConfigurationSetName")
    return name


def put_default_configuration_set(identity: str, configuration_set: str | None) -> bool:
    """Set the default, or clear it with None. False where there is no such identity."""
    stored = ses_v2._identities.get(identity)
    if stored is None:
        return False
    if configuration_set:
        stored["ConfigurationSetName"] = configuration_set
    else:
        stored.pop("ConfigurationSetName", None)
    return True


def put_mail_from(identity: str, request: dict[str, Any]) -> None:
    """Set the MAIL FROM domain, whose records SES finds at once; none takes it away.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutEmailIdentityMailFromAttributes.html
    """
    behaviour = {"BehaviorOnMxFailure": request.get("BehaviorOnMxFailure") or "USE_DEFAULT_VALUE"}
    domain = request.get("MailFromDomain")
    named = {"MailFromDomain": domain, "MailFromDomainStatus": _VERIFIED} if domain else {}
    ses_v2._identities[identity]["MailFromAttributes"] = {**named, **behaviour}


def tags_of_all() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The tags of whatever in SES carries any, by ARN, for ``aws:ResourceTag`` in policies."""
    yield from list(ses_v2._ses_tags.items())


def unverified(sender: str) -> str | None:
    """The identity that `sender` would send as, if that is not verified."""
    identity = identity_of(sender)
    return None if _status(identity) == _VERIFIED else identity


def tells_of(method: str, path: str) -> bool:
    """Whether a call answers with identities."""
    return (method, path) in (("GET", "/identities"), ("POST", "/list-identities")) or (
        method == "GET" and path.startswith("/identities/")
    )


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """What GetEmailIdentity or ListEmailIdentities answers, with the status and the tags that each has now."""
    if "EmailIdentities" in answer:
        return {**answer, "EmailIdentities": [_listed(entry) for entry in answer["EmailIdentities"]]}
    name = answer["EmailIdentity"]
    status = _status(name)
    described = {key: value for key, value in answer.items() if key not in ("EmailIdentity", "CreatedTimestamp")}
    verified = {"VerifiedForSendingStatus": status == _VERIFIED, "VerificationStatus": status}
    return {**described, **verified, **_dkim(described, status), "Tags": _tags(name)}


def _dkim(described: dict[str, Any], status: str) -> dict[str, Any]:
    """Easy DKIM of a domain stands as its verification does, which it is: SES finds the three records, and signs.

    https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html#verify-domain-procedure
    """
    attributes = described.get("DkimAttributes") or {}
    if not attributes.get("Tokens"):
        return {}
    return {"DkimAttributes": {**attributes, "SigningEnabled": status == _VERIFIED, "Status": status}}


def _listed(entry: dict[str, Any]) -> dict[str, Any]:
    status = _status(entry["IdentityName"])
    return {**entry, "SendingEnabled": status == _VERIFIED, "VerificationStatus": status}


def _status(identity: str) -> str:
    return next((str(tag["Value"]) for tag in _tags(identity) if tag["Key"] == VERIFICATION_TAG), _VERIFIED)


def _tags(identity: str) -> list[dict[str, str]]:
    tags: list[dict[str, str]] = ses_v2._ses_tags.get(ses_v2._resource_arn("identity", identity), [])
    return tags
