"""What differs between two entries, key by key, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sesguard.tenants.model import ChannelEntry, StreamEntry, TenantEntry

_SAID = (
    "identities", "pool", "policy", "tls", "suppression", "suppression_scope", "validation", "events", "ses_tenant",
    "ses_tenant_policy", "switch", "alarm", "adopt", "daily_mails",
)  # fmt: skip
_ABSENT = StreamEntry(account="", region="", configuration_set="")


class Field(NamedTuple):
    """One key that differs; "" for what is not there."""

    key: str
    old: str
    new: str


def of_stream(old: StreamEntry | None, new: StreamEntry | None) -> tuple[Field, ...]:
    """What differs; against None, what is not default."""
    return _between(_stream(old or _ABSENT), _stream(new or _ABSENT))


def of_tenant(old: TenantEntry | None, new: TenantEntry | None) -> tuple[Field, ...]:
    """What differs beside the streams."""
    return _between(_tenant(old), _tenant(new))


def of_values(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Field, ...]:
    """What differs between two maps of plain values."""
    return _between(dict(_flat("", old)), dict(_flat("", new)))


def of_channels(old: tuple[ChannelEntry, ...], new: tuple[ChannelEntry, ...]) -> tuple[Field, ...]:
    return _between({"channels": _channels(old)}, {"channels": _channels(new)})


def _between(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Field, ...]:
    keys = [*old, *(key for key in new if key not in old)]
    pairs = ((key, old.get(key, ""), new.get(key, "")) for key in keys)
    return tuple(Field(key, before, after) for key, before, after in pairs if before != after)


def _stream(entry: StreamEntry) -> dict[str, str]:
    said = {key: _said(getattr(entry, key)) for key in _SAID}
    if entry.created:
        said["identities"] = ", ".join(_identity(name, entry.created) for name in entry.identities)
    return {**said, **dict(_flat("overrides.", entry.overrides)), **dict(_flat("tags.", entry.tags))}


def _identity(name: str, created: Mapping[str, str]) -> str:
    if name not in created:
        return name
    return f"{name} (create, MAIL FROM {created[name]})" if created[name] else f"{name} (create)"


def _tenant(entry: TenantEntry | None) -> dict[str, str]:
    if entry is None:
        return {}
    return {
        "name": entry.name,
        "contacts": _said(entry.contacts),
        "channels": _channels(entry.channels),
        **dict(_flat("tags.", entry.tags)),
    }


def _channels(channels: tuple[ChannelEntry, ...]) -> str:
    return ", ".join(_channel(each) for each in channels)


def _channel(channel: ChannelEntry) -> str:
    """Whom it reaches. Of a URL that is written out, its host alone: the rest may be what lets one in."""
    address = channel.url or channel.topic
    if address.startswith("https://"):
        address = "https://" + address.removeprefix("https://").split("/")[0].split("?")[0] + "/…"
    return f"{channel.kind} {address}{' signed' if channel.secret else ''}"


def _flat(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in sorted(values.items()):
        yield f"{prefix}{key}", _said(value)


def _said(value: object) -> str:
    if value is None:
        return "as the account has it"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return str(value)
