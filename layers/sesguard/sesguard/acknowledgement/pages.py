"""The pages as HTML, and the headers that every answer carries.

No script, nothing from elsewhere, no cookie; one inline style sheet, named by its hash in the content security policy.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sesguard.acknowledgement.request import FIELD, Refusal
from sesguard.acknowledgement.view import PauseView, StandingView
from sesguard.acknowledgement.wording import LEAST, MOST
from sesguard.detection.explain import odds, percent
from sesguard.detection.weigh import COMPLAINTS
from sesguard.text import one_line

_TEMPLATES: Final = Path(__file__).parent / "templates"
_STYLE: Final = (_TEMPLATES / "page.css").read_text(encoding="utf-8")
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_NO_BREAK: Final = "\N{NO-BREAK SPACE}"

# https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
HEADERS: Final[Mapping[str, str]] = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=63072000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
}


@dataclass(frozen=True, slots=True)
class Response:
    """One answer."""

    status: int
    body: str
    headers: Mapping[str, str]


def incident(view: PauseView, typed: str = "", problem: str = "") -> Response:
    """Show the pause and the form, with what was ``typed`` and what is wrong with it."""
    return Response(422 if problem else 200, _render("incident", view=view, typed=typed, problem=problem), HEADERS)


def standing(view: StandingView) -> Response:
    """Show how a pause stands that waits for no word, or not any more: nothing can be changed there."""
    return Response(200, _render("standing", view=view), HEADERS)


def thanks(view: PauseView) -> Response:
    """Say that the owner's word has been taken."""
    return Response(200, _render("thanks", view=view), HEADERS)


@cache
def unusable() -> Response:
    """The one answer for links that are expired, used, forged or malformed, or whose pause is over."""
    return Response(404, _render("unusable"), HEADERS)


@cache
def refused(why: Refusal) -> Response:
    status, text = why.value
    allow = {"allow": "GET, HEAD, POST"} if why is Refusal.METHOD else {}
    return Response(status, _render("refused", text=text), {**HEADERS, **allow})


@cache
def trouble() -> Response:
    """The guard cannot read or write its records just now."""
    return Response(503, _render("trouble"), {**HEADERS, "retry-after": "60"})


def _render(name: str, **values: object) -> str:
    return _environment().get_template(f"{name}.html").render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(percent=_percent, odds=odds, counted=_counted, time=_time, minute=_minute, line=_line)
    environment.globals.update(
        style=Markup(_STYLE),  # noqa: S704  # our own file
        complaints=COMPLAINTS,
        field=FIELD,
        least=LEAST,
        most=MOST,
    )
    return environment


def _counted(number: int) -> str:
    return f"{number:,}"


def _time(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M} UTC".replace(" ", _NO_BREAK)


def _minute(text: str) -> str:
    """A minute as evidence has it, ``2026-11-21T21:05Z``."""
    try:
        return _time(datetime.fromisoformat(text))
    except ValueError:
        return _line(text)


def _percent(fraction: float) -> str:
    return percent(fraction).replace(" ", _NO_BREAK)


def _line(text: str) -> str:
    return one_line(text, 100)
