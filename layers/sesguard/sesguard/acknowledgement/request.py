"""What a browser asks of the page: what is refused before anybody looks at the token, and what is kept of the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import parse_qs, urlsplit

LARGEST: Final = 16 * 1024
"""Bytes of a form: 1,000 characters of four bytes, each percent-encoded, are 12,000."""
FIELD: Final = "fixed"
LEAST, MOST = 10, 1_000
"""Characters of the owner's words."""

_READS: Final = frozenset({"GET", "HEAD"})
_FORM: Final = "application/x-www-form-urlencoded"
# "none" is the person at the browser, who submits a form again. https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
_OWN: Final = frozenset({"same-origin", "none"})


class Refusal(Enum):
    """Why a request is refused whatever its token: the status of the answer, and what it says."""

    METHOD = 405, "This page can be opened and its form be sent, and nothing else."
    TYPE = 415, "Only the form of this page can be sent to it."
    SIZE = 413, "What was sent is larger than the form of this page can be."
    SITE = 403, "The form was sent by another site. Open the link of your notice and use the button there."
    FORM = 400, "The form could not be read. Open the link of your notice and use the form there."


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Names of ``headers`` are in lower case; ``hosts`` are the names that this page goes by."""

    method: str
    token: str
    headers: Mapping[str, str]
    body: bytes
    hosts: frozenset[str]

    @property
    def writes(self) -> bool:
        return self.method == "POST"


def refusal(request: Request) -> Refusal | None:
    """Why the request is refused, None where it is not. Knows nothing of the token, so it says nothing of it."""
    if request.method in _READS:
        return None
    if not request.writes:
        return Refusal.METHOD
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return Refusal.TYPE
    if len(request.body) > LARGEST:
        return Refusal.SIZE
    if not _from_this_page(request):
        return Refusal.SITE
    return Refusal.FORM if typed(request.body) is None else None


def typed(body: bytes) -> str | None:
    """What was typed into the form's field, "" for a form without it; None for what no browser sends."""
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=4)
    except ValueError:
        return None
    values = fields.get(FIELD, [""])
    return values[0] if len(values) == 1 else None


def _from_this_page(request: Request) -> bool:
    """Whether the browser says that the form is this page's own, or says nothing, as old ones do.

    Under the page's own referrer policy a browser sends ``Origin: null`` with the form:
    https://fetch.spec.whatwg.org/#append-a-request-origin-header
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in _OWN
    origin = request.headers.get("origin", "null")
    try:
        return origin == "null" or urlsplit(origin).netloc.lower() in request.hosts
    except ValueError:  # what no browser sends: brackets without an address, or letters that become others
        return False


def cleaned(text: str) -> str:
    """The text as it is kept: trimmed, lines ended by one line feed, and nothing in it that cannot be seen."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    seen = ("".join(letter if letter.isprintable() else " " for letter in line).rstrip() for line in lines)
    return "\n".join(seen).strip()


def problem(text: str) -> str:
    """What is wrong with a text that was cleaned, for whoever wrote it; "" where nothing is."""
    if not text:
        return "Please write what you have fixed."
    if len(text) < LEAST:
        return f"Please say a little more: at least {LEAST} characters."
    if len(text) > MOST:
        return f"Please shorten it to {MOST:,} characters; it has {len(text):,}."
    return ""
