"""What SES refuses in control calls and the emulator takes: names, what is not there or is there already, quotas.

Errors: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Operations.html
Quotas: https://docs.aws.amazon.com/ses/latest/dg/quotas.html
SES's own words are documented for few of these.
"""

import re
from typing import Any, Final

from ministack.services import ses_v2

from localcloud.gaps import ses_publishing
from localcloud.gaps.ses_addresses import OWN_POOLS

Refusal = tuple[str, str, int]
"""An error's code, message and status."""
Body = dict[str, Any]

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ses-dedicatedippool.html
_POOL_NAME: Final = re.compile(r"[a-z0-9_-]{1,64}")
# https://docs.aws.amazon.com/ses/latest/dg/managing-ip-pools.html
_SCALING: Final = ("STANDARD", "MANAGED")
_TLS: Final = (None, "REQUIRE", "OPTIONAL")
_MOST_TAGS: Final = 50
_SECONDS_OF_DELIVERY: Final = range(300, 50_401)


def install() -> None:
    """Let configuration sets keep what the emulator drops.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutConfigurationSetSuppressionOptions.html
    """
    kept = ses_v2._CONFIG_SET_OPTION_MEMBERS["SuppressionOptions"]
    ses_v2._CONFIG_SET_OPTION_MEMBERS["SuppressionOptions"] = (*kept, "SuppressionScope", "ValidationOptions")


def refusal(operation: tuple[str, str], request: Body) -> Refusal | None:
    """Why SES would refuse the call, of a method and a path, if it would."""
    method, path = operation
    tags = request.get("Tags") or []
    if len(tags) > _MOST_TAGS or any(str(tag.get("Key", "")).startswith("aws:") for tag in tags):
        return _bad("Invalid tags.")
    if method == "POST":
        return _of_creation(path, request)
    if method == "PUT":
        return _of_setting(path, request)
    if method == "DELETE":
        return _of_deletion(path)
    return None


def _of_creation(path: str, request: Body) -> Refusal | None:
    name = str(request.get("ConfigurationSetName") or "")
    if path == "/configuration-sets":
        bad_name = None if _NAME.fullmatch(name) else _bad(f"Invalid configuration set name <{name}>.")
        delivery = request.get("DeliveryOptions") or {}
        return bad_name or _full("configuration sets", ses_v2._config_sets, 10_000, name) or _of_delivery(delivery)
    if path == "/dedicated-ip-pools":
        pool = str(request.get("PoolName") or "")
        if not _POOL_NAME.fullmatch(pool) or request.get("ScalingMode", "STANDARD") not in _SCALING:
            return _bad(f"Invalid dedicated IP pool <{pool}>.")
        return _full("dedicated IP pools", ses_v2._dedicated_ip_pools, 50, pool)
    if path == "/identities":
        identity = request.get("EmailIdentity")
        if identity in ses_v2._identities:
            return "AlreadyExistsException", f"Email identity {identity} already exist.", 400
        return _no_set(name) if name else None
    if path == "/tenants":
        tenant = str(request.get("TenantName") or "")
        bad_name = None if _NAME.fullmatch(tenant) else _bad(f"Invalid tenant name <{tenant}>.")
        return bad_name or _full("tenants", ses_v2._tenants, 10_000, tenant)
    return _of_destination(path, request) if path.endswith("/event-destinations") else None


def _of_setting(path: str, request: Body) -> Refusal | None:
    if path.startswith("/identities/") and path.endswith("/configuration-set"):
        name = request.get("ConfigurationSetName")
        identity = path.removeprefix("/identities/").removesuffix("/configuration-set")
        return (_no_set(name) if name else None) or _no_identity(identity)
    if path.startswith("/identities/") and path.endswith("/mail-from"):
        return _no_identity(path.removeprefix("/identities/").removesuffix("/mail-from"))
    if path.endswith("/delivery-options"):
        return _no_set(path.split("/")[2]) or _of_delivery(request)
    return _of_destination(path, request) if "/event-destinations/" in path else None


def _of_deletion(path: str) -> Refusal | None:
    kind, _, name = path.removeprefix("/").partition("/")
    if kind == "configuration-sets" and "/" not in name:
        return _no_set(name)
    return _no_identity(name) if kind == "identities" and "/" not in name else None


def _of_delivery(options: Body) -> Refusal | None:
    pool, seconds = options.get("SendingPoolName"), options.get("MaxDeliverySeconds")
    if options.get("TlsPolicy") not in _TLS:
        return _bad("Invalid TLS policy.")
    if seconds is not None and seconds not in _SECONDS_OF_DELIVERY:
        return _bad("Invalid maximum delivery time.")
    if pool and pool not in OWN_POOLS and pool not in ses_v2._dedicated_ip_pools:
        return _bad(f"SendingPool <{pool}> doesn't exist.")  # https://github.com/floci-io/floci/pull/1412
    return None


def _of_destination(path: str, request: Body) -> Refusal | None:
    """SES tries a topic out before it takes it as a destination."""
    name = path.split("/")[2]
    topic = ((request.get("EventDestination") or {}).get("SnsDestination") or {}).get("TopicArn")
    if name not in ses_v2._config_sets or not topic or ses_publishing.may_publish(topic, name):
        return None
    return _bad(f"Could not publish to SNS topic <{topic}>.")


def scaling(pool: str, mode: object) -> Refusal | Body:
    """PutDedicatedIpPoolScalingAttributes, which does not turn a managed pool into a standard one.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutDedicatedIpPoolScalingAttributes.html
    """
    stored = ses_v2._dedicated_ip_pools.get(pool)
    if stored is None:
        return "NotFoundException", f"Pool {pool} does not exist", 404
    if mode not in _SCALING or (mode == "STANDARD" and stored["ScalingMode"] == "MANAGED"):
        return _bad("The scaling mode cannot be changed to this.")
    stored["ScalingMode"] = mode
    return {}


def _full(what: str, kept: Any, most: int, name: str) -> Refusal | None:  # noqa: ANN401  # a store of the emulator
    if name in kept or len(list(kept)) < most:
        return None
    return "LimitExceededException", f"Maximum number of {what} reached: {most}.", 400


def _no_set(name: str) -> Refusal | None:
    missing = name not in ses_v2._config_sets
    return ("NotFoundException", f"Configuration set <{name}> does not exist.", 404) if missing else None


def _no_identity(name: str) -> Refusal | None:
    missing = name not in ses_v2._identities
    return ("NotFoundException", f"Email identity {name} does not exist.", 404) if missing else None


def _bad(message: str) -> Refusal:
    return "BadRequestException", message, 400
