"""Where a call may go: a URL taken apart by one narrow rule, so that no two readers of it can disagree. Pure."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from sesguard.errors import ChannelError

# No user, no fragment, no backslash, nothing outside ASCII: a name in another script is written in punycode.
_HOST: Final = r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?)"
_URL: Final = re.compile(rf'(?P<scheme>https?)://{_HOST}(?::(?P<port>\d{{1,5}}))?(?P<rest>[/?][!"$-\[\]-~]*)?')
_ORIGIN: Final = re.compile(rf"(?P<scheme>https?)://{_HOST}(?::(?P<port>\d{{1,5}}))?")
_PORTS: Final = {"https": 443, "http": 80}
PUBLIC_PORTS: Final = frozenset({443, 8443})
_LONGEST: Final = 2_048


class Target(msgspec.Struct, frozen=True):
    """``trusted``: the platform has named this origin, so its addresses are not looked at."""

    scheme: str
    host: str
    port: int
    path: str
    trusted: bool

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def target(url: str, trusted: frozenset[str]) -> Target:
    """Take a URL apart. Raises ChannelError, without the URL, where it is none that may be called."""
    found = _URL.fullmatch(url) if len(url) <= _LONGEST else None
    if found is None:
        raise ChannelError("blocked: its URL is not https://host/path in plain ASCII, without user and fragment")
    scheme, host, port = _parts(found)
    rest = found["rest"] or "/"
    path = rest if rest.startswith("/") else f"/{rest}"
    if (scheme, host, port) in {_parts(each) for each in map(_ORIGIN.fullmatch, trusted) if each}:
        return Target(scheme, host, port, path, trusted=True)
    if scheme != "https":
        raise ChannelError("blocked: its URL is not https")
    if port not in PUBLIC_PORTS:
        raise ChannelError("blocked: its port is neither 443 nor 8443")
    return Target(scheme, host, port, path, trusted=False)


def is_origin(text: str) -> bool:
    """Whether ``text`` is an origin: a scheme, a host and, if it is not the scheme's own, a port."""
    return _ORIGIN.fullmatch(text) is not None


def _parts(found: re.Match[str]) -> tuple[str, str, int]:
    return found["scheme"], found["host"].strip("[]").lower(), int(found["port"] or _PORTS[found["scheme"]])
