"""The pages as HTML, and the headers that every answer carries.

No script, no cookie; one inline style sheet, named by its hash in the content security policy. Nothing comes from
elsewhere but the platform's logo, and only from where its brand says that it is.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sesguard.acknowledgement.request import FIELD, LEAST, MOST, Refusal
from sesguard.acknowledgement.view import PauseView, StandingView
from sesguard.detection.evidence import COMPLAINTS
from sesguard.detection.figures import odds, percent
from sesguard.notices.brand import Brand
from sesguard.text import one_line

_TEMPLATES: Final = Path(__file__).parent / "templates"
_STYLE: Final = (_TEMPLATES / "page.css").read_text(encoding="utf-8")
_BUILT_IN: Final = Brand()
_KEPT: Final = 2
"""Brands whose pages are kept in memory: the one before, while instances of it go out, and the one of now."""

_NO_BREAK: Final = "\N{NO-BREAK SPACE}"


def _style(brand: Brand) -> str:
    """The style sheet with the colours of ``brand``, which are ``#rrggbb`` by its own rules."""
    return f":root {{ --brand: {brand.colour}; --on-brand: {brand.on_colour}; }}\n{_STYLE}"


def logo(brand: Brand) -> str:
    """The URL of the logo, "" where there is none or a content security policy cannot name its host.

    https://www.w3.org/TR/CSP3/#grammardef-host-source has no addresses of IPv6.
    """
    url = brand.logo_url
    return url if url.startswith("https://") and "[" not in urlsplit(url).netloc else ""


# https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
@lru_cache(_KEPT)
def headers_of(brand: Brand) -> Mapping[str, str]:
    """The headers of every answer that carries ``brand``."""
    style_hash = base64.b64encode(hashlib.sha256(_style(brand).encode()).digest()).decode()
    image = f"img-src https://{urlsplit(logo(brand)).netloc}; " if logo(brand) else ""
    return {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy": (
            f"default-src 'none'; style-src 'sha256-{style_hash}'; {image}form-action 'self'; "
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


HEADERS: Final = headers_of(_BUILT_IN)


@dataclass(frozen=True, slots=True)
class Response:
    """One answer."""

    status: int
    body: str
    headers: Mapping[str, str]


def incident(view: PauseView, typed: str = "", problem: str = "", *, brand: Brand = _BUILT_IN) -> Response:
    """Show the pause and the form, with what was ``typed`` and what is wrong with it."""
    return _page(422 if problem else 200, "incident", brand, view=view, typed=typed, problem=problem)


def standing(view: StandingView, *, brand: Brand = _BUILT_IN) -> Response:
    """Show how a pause stands that waits for no word, or not any more: nothing can be changed there."""
    return _page(200, "standing", brand, view=view)


def thanks(view: PauseView, *, brand: Brand = _BUILT_IN) -> Response:
    """Say that the owner's word has been taken."""
    return _page(200, "thanks", brand, view=view)


@lru_cache(_KEPT)
def unusable(brand: Brand = _BUILT_IN) -> Response:
    """The one answer for links that are expired, used, forged or malformed, or whose pause is over."""
    return _page(404, "unusable", brand)


@lru_cache(_KEPT * len(Refusal))
def refused(why: Refusal, brand: Brand = _BUILT_IN) -> Response:
    """Say why the request is refused whatever its token."""
    status, text = why.value
    page = _page(status, "refused", brand, text=text)
    return replace(page, headers={**page.headers, "allow": "GET, HEAD, POST"}) if why is Refusal.METHOD else page


@lru_cache(_KEPT)
def trouble(brand: Brand = _BUILT_IN) -> Response:
    """The guard cannot read or write its records just now."""
    page = _page(503, "trouble", brand)
    return replace(page, headers={**page.headers, "retry-after": "60"})


def _page(status: int, name: str, brand: Brand, **values: object) -> Response:
    style = Markup(_style(brand))  # noqa: S704  # our own file, and colours that are nothing else
    template = _environment().get_template(f"{name}.html")
    return Response(status, template.render(brand=brand, logo=logo(brand), style=style, **values), headers_of(brand))


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
    environment.filters.update(
        percent=_percent, odds=odds, counted="{:,}".format, time=_time, minute=_minute, line=_line
    )
    environment.globals.update(
        complaints=COMPLAINTS,
        field=FIELD,
        least=LEAST,
        most=MOST,
    )
    return environment


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
