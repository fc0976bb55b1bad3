"""What a platform has before it sends: verified identities, and its tenants in the guard's registry.

The tenants are onboarded as a user would onboard them: a file, `sesguard tenants apply`, and the deployed functions
make their configuration sets. Those of the probes are made by hand, which the guard does not mind.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from localcloud.cloud import ACCOUNT, DATA, REGION, ROOT, Emulator
from localcloud.mailbox import NOTICE_SENDER
from localcloud.receiver import SECRET, SECRET_NAME, URL_NAME
from localcloud.scenario import LEADS, Tenant
from sesguard.stream import StreamId

# What the guard counts. Deliveries are only needed where a stream publishes no Send events.
EVENTS = ("SEND", "BOUNCE", "COMPLAINT")
PROBE_SENDER = "probe@probes.example"
REGISTRY: Final = DATA / "tenants.yaml"
EXAMPLE: Final = ROOT / "examples" / "tenants.yaml"
FIRST: Final = 2  # tenants
SESGUARD: Final = Path(sys.executable).parent / "sesguard"


class SetUpError(RuntimeError):
    """``what`` did not work, and ``why``."""

    def __init__(self, what: str, why: object) -> None:
        super().__init__(f"{what}: {why}")


def stream_of(configuration_set: str) -> StreamId:
    return StreamId(ACCOUNT, REGION, configuration_set)


def set_up(
    emulator: Emulator,
    outputs: Mapping[str, str],
    tenants: Sequence[Tenant],
    probes: Sequence[str],
    policies: Mapping[str, Mapping[str, object]],
    webhook: str,
    file: Path = REGISTRY,
    notice_sender: str = NOTICE_SENDER,
) -> None:
    """Make what the tenants and the probes need to send, and register the tenants with their owners.

    The guard then onboards one tenant after the other, at the one control call a second that SES takes, in no certain
    order of those that come at once; so the first of ``tenants`` come before the rest.

    policies: overrides of the default policy, by the tenant's id. webhook: the URL of one tenant's own. file: takes the
    registry. notice_sender: the address that the guard's mail is from. Raises SetUpError.
    """
    ses = emulator.client("sesv2")
    own = [f"{tenant.id}.example" for tenant in tenants]
    for identity in (notice_sender, PROBE_SENDER, *own, *_identities_of_the_example()):
        ses.create_email_identity(EmailIdentity=identity)
    for configuration_set in probes:
        ses.create_configuration_set(ConfigurationSetName=configuration_set)
        ses.create_configuration_set_event_destination(
            ConfigurationSetName=configuration_set,
            EventDestinationName="sesguard",
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": list(EVENTS),
                **where_events_go(outputs),
            },
        )
    for name, value in ((SECRET_NAME, SECRET), (URL_NAME, webhook)):
        emulator.client("ssm").put_parameter(Name=name, Value=value, Type="SecureString")
    for some in (tenants[:FIRST], tenants):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(registry(some, policies), sort_keys=False), encoding="utf-8")
        speak(emulator, "tenants", "apply", str(file), "--yes")


def where_events_go(outputs: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Say where a set publishes to so that the guard hears of it, as the stack's parameters have it."""
    if topic := outputs.get("SesEventsTopicArn"):
        return {"SnsDestination": {"TopicArn": topic}}
    return {"EventBridgeDestination": {"EventBusArn": outputs["SesEventsBusArn"]}}


def _identities_of_the_example() -> list[str]:
    """What has to be verified in SES before somebody applies the example registry."""
    tenants = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["tenants"]
    return [name for tenant in tenants for stream in tenant["streams"] for name in stream.get("identities", [])]


def registry(
    tenants: Sequence[Tenant], policies: Mapping[str, Mapping[str, object]]
) -> dict[str, list[dict[str, Any]]]:
    """The tenants as a file of the registry says them."""
    return {"tenants": [_entry(tenant, policies.get(tenant.id, {})) for tenant in tenants]}


def _entry(tenant: Tenant, overrides: Mapping[str, object]) -> dict[str, Any]:
    hook = {"kind": "webhook", "url": f"ssm:{URL_NAME}", "secret": f"ssm:{SECRET_NAME}"}
    return {
        "id": tenant.id,
        "name": tenant.name,
        "contacts": [tenant.owner],
        **({"channels": [hook]} if tenant is LEADS else {}),
        **({"overrides": dict(overrides)} if overrides else {}),
        "streams": [{"configuration_set": tenant.configuration_set, "identities": [f"{tenant.id}.example"]}],
    }


def speak(emulator: Emulator, *words: str) -> str:
    """Run the command line as a user does, and give what it printed. Raises SetUpError."""
    done = subprocess.run(  # noqa: S603 (our own command line)
        [str(SESGUARD), *words],
        env=dict(emulator.environment()),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode not in (0, 4, 5):
        raise SetUpError(" ".join(["sesguard", *words[:2]]), done.stderr.strip() or done.stdout.strip())
    return done.stdout
