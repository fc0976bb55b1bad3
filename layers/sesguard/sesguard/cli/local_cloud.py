"""The local cloud that ``make run`` has started: where it answers, by the file that it leaves."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sesguard.errors import SesguardError, why_unread

FILE: Final = Path(".localcloud", "env")
_NAMES: Final = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_REGIONS: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")


class LocalCloudError(SesguardError):
    """There is no local cloud, or its file does not say where it is."""


@dataclass(frozen=True, slots=True)
class LocalCloud:
    """Where it answers, and as whom."""

    endpoint: str
    keys: tuple[str, str]
    region: str


def local_cloud_here() -> LocalCloud:
    """Find the one of the folder that this is started in. Raises LocalCloudError."""
    try:
        return find_local_cloud(Path.cwd())
    except FileNotFoundError:
        raise LocalCloudError("--local: the folder that this is started in is gone") from None


def find_local_cloud(folder: Path) -> LocalCloud:
    """Read the file in ``folder``, or in the nearest folder above that has one. Raises LocalCloudError."""
    file = next((each / FILE for each in (folder, *folder.parents) if (each / FILE).is_file()), None)
    if file is None:
        message = f"--local: there is no {FILE} in this folder or one above it: make run starts the local cloud"
        raise LocalCloudError(message)
    try:
        said = dict(_assignments(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise LocalCloudError(f"--local: {file} cannot be read: {why_unread(error)}") from None
    region = next((said[name] for name in _REGIONS if said.get(name)), "")
    lacking = [name for name in _NAMES if not said.get(name)] + ([] if region else [_REGIONS[0]])
    if lacking:
        raise LocalCloudError(f"--local: {file} does not say {', '.join(lacking)}: make run writes it anew")
    endpoint, *keys = (said[name] for name in _NAMES)
    return LocalCloud(endpoint, (keys[0], keys[1]), region)


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    """What a shell would take of lines ``export NAME=value``. Raises ValueError where a quote is left open."""
    for line in text.splitlines():
        for word in shlex.split(line, comments=True):
            name, given, value = word.partition("=")
            if given:
                yield name, value
