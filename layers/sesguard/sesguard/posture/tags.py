"""Lists of tags, ``v=DMARC1; p=none``, as DMARC, DKIM and BIMI write them (RFC 6376, 3.2)."""

from __future__ import annotations


def read_tags(record: str) -> list[tuple[str, str]]:
    """Read the tags in order, names in small letters; what has no ``=`` is left out."""
    found = []
    for part in record.split(";"):
        name, equals, value = part.partition("=")
        if equals and name.strip():
            found.append((name.strip().lower(), value.strip()))
    return found


def first_values(record: str) -> dict[str, str]:
    """The tags by name; where one is repeated, the first counts."""
    values: dict[str, str] = {}
    for name, value in read_tags(record):
        values.setdefault(name, value)
    return values
