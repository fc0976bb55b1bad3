"""Identities of SES: which one an address sends as, and the configuration set it sends with by default.

https://docs.aws.amazon.com/ses/latest/dg/managing-configuration-sets-default-adding.html
"""

from email.utils import parseaddr

from ministack.services import ses, ses_v2


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
