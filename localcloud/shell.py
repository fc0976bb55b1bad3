"""How to go on by hand: the environment that points any AWS tool, and `sesguard`, at the local cloud."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from localcloud.cloud import ACCOUNT, DATA, REGION
from localcloud.environment import LOOPBACK, has_proxy

FILE: Final = DATA / "env"


_OF_ANOTHER: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")
"""What would say beside the lines whose credentials they are."""


def exports(endpoint: str, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Lines for a shell. The account is the access key: the emulator takes twelve digits for the account's root.

    environment: whether it has a proxy, past which the local cloud is reached.
    """
    variables = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
    past = [f'export no_proxy="{LOOPBACK},${{no_proxy:-$NO_PROXY}}" NO_PROXY="{LOOPBACK},${{no_proxy:-$NO_PROXY}}"']
    return [
        f"unset {' '.join(_OF_ANOTHER)}",
        *(f"export {name}={value}" for name, value in variables.items()),
        *(past if has_proxy(environment) else []),
    ]


def write(endpoint: str, file: Path = FILE, environment: Mapping[str, str] = os.environ) -> None:
    """Put the lines into the file that `sesguard --local` reads."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(exports(endpoint, environment)) + "\n", encoding="utf-8")


def how_to_go_on(endpoint: str) -> str:
    """What to type in another terminal."""
    lines = [
        f"The local cloud stays up at {endpoint} until Ctrl-C. In another terminal, from here:",
        "",
        "  .venv/bin/sesguard --local status",
        "",
        "or, for every command and every tool of AWS (the same lines are in .localcloud/env):",
        "",
        *(f"  {line}" for line in exports(endpoint)),
        '  export PATH="$PWD/.venv/bin:$PATH"',
        "  sesguard status",
        "  sesguard incidents",
        "  sesguard explain lead-shop-import",
    ]
    return "\n".join(lines)
