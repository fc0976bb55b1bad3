"""How to go on by hand: the environment that points any AWS tool, and `sesguard`, at the local cloud."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from localcloud.cloud import ACCOUNT, DATA, REGION

FILE: Final = DATA / "env"


def exports(endpoint: str) -> list[str]:
    """Lines for a shell. The account is the access key: the emulator takes twelve digits for the account's root."""
    variables = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
    return [f"export {name}={value}" for name, value in variables.items()]


def write(endpoint: str, file: Path = FILE) -> None:
    """Put the lines into the file that `sesguard --local` reads."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(exports(endpoint)) + "\n", encoding="utf-8")


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
