"""The environment of a local cloud: nothing of the user's AWS in it, and no proxy between it and this machine.

Who tries the guard has a profile, credentials and a proxy of their own. A call that met them would leave this machine.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_WITHOUT: Final = ("AWS_", "PYTHON")  # what Python of another environment, or settings of it, would do to a function's
_WITHOUT_NAMES: Final = frozenset({"SESGUARD_STACK", "SESGUARD_LOCAL"})
_AWS: Final = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
_PROXIES: Final = frozenset({"http_proxy", "https_proxy", "all_proxy"})


def isolated(environment: Mapping[str, str]) -> dict[str, str]:
    """Give ``environment`` without what reaches from it into a local cloud."""
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(_WITHOUT) and name not in _WITHOUT_NAMES
    }
    return {**kept, **_AWS, **past_proxies(environment), "PYTHONUTF8": "1", "SAM_CLI_TELEMETRY": "0"}


def isolate() -> None:
    """Make the environment of this process so, for all that it reads and starts from now on."""
    made = isolated(os.environ)
    for name in set(os.environ) - set(made):
        del os.environ[name]
    os.environ.update(made)


def past_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """Give the variables by which a client reaches this machine without a proxy, beside what they name already."""
    named = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    hosts = named if LOOPBACK in named.replace(" ", "").split(",") else ",".join(filter(None, (LOOPBACK, named)))
    return {"no_proxy": hosts, "NO_PROXY": hosts}


def has_proxy(environment: Mapping[str, str]) -> bool:
    """Whether clients go through a proxy by ``environment``."""
    return any(environment.get(name) for name in environment if name.lower() in _PROXIES)
