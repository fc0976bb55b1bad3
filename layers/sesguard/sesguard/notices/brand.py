"""The platform's own name, colour and contact in notices: ``brand.toml``, or the map ``brand`` of the item @notices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from sesguard.text import one_line

_COLOUR: Final = re.compile(r"#[0-9A-Fa-f]{6}")
# What may stand in an attribute and a mail's line: no spaces, quotes, brackets or control characters.
_URL: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,255}(?:[/?#][A-Za-z0-9/?#\[\]@!$&()*+,;=:._~%-]*)?")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")  # https://www.rfc-editor.org/rfc/rfc5646
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")
_LONGEST_URL: Final = 2_000


class Brand(msgspec.Struct, frozen=True):
    """Whose notices these are."""

    name: Annotated[str, Meta(description="the platform's name, at most 60 characters")] = "sesguard"
    colour: Annotated[str, Meta(description="of the band on top, as `#rrggbb`")] = "#1f2937"
    logo_text: Annotated[str, Meta(description="on the band; empty: the name")] = ""
    logo_url: Annotated[str, Meta(description="https URL of a picture for the band, shown 32 pixels high")] = ""
    support: Annotated[str, Meta(description="whom owners write to: a mail address, a URL, or a few words")] = ""
    footer: Annotated[str, Meta(description="a line at the end, such as the platform's postal address")] = ""
    lang: Annotated[str, Meta(description="the language of your own words, such as `en` or `pt-BR`")] = "en"

    @property
    def on_colour(self) -> str:
        """Black or white: whichever reads better on the colour."""
        return "#ffffff" if contrast("#ffffff", self.colour) >= contrast("#000000", self.colour) else "#000000"

    @property
    def support_url(self) -> str:
        """``support`` as a link, "" where it is neither an address nor a URL."""
        return f"mailto:{self.support}" if _ADDRESS.fullmatch(self.support) else safe_url(self.support)


_LONGEST: Final = {"name": 60, "logo_text": 40, "support": 200, "footer": 300, "lang": 35}


def read_brand(values: Mapping[str, object]) -> tuple[Brand, list[str]]:
    """Read the keys of a brand; what cannot be used is left out and named, with what was expected."""
    fields: dict[str, str] = {}
    problems = []
    for key, value in values.items():
        problem = _problem(key, value)
        if problem:
            problems.append(f"brand.toml: {one_line(str(key), 60)}: expected {problem}")
        else:
            longest = _LONGEST.get(key, _LONGEST_URL)
            fields[key] = one_line(value, longest)
    return Brand(**fields), problems


def _problem(key: str, value: object) -> str:
    if key not in Brand.__struct_fields__:
        return f"one of {', '.join(Brand.__struct_fields__)}"
    if not isinstance(value, str):
        return "text"
    if key == "colour" and not _COLOUR.fullmatch(value):
        return "a colour as #rrggbb"
    if key == "logo_url" and value and not safe_url(value).startswith("https://"):
        return "an https URL"
    if key == "lang" and not _LANGUAGE.fullmatch(value):
        return "a language tag such as en or pt-BR"
    if key in _LONGEST and one_line(value, 10_000) != value:
        return "one line of printable characters"
    if key in _LONGEST and len(value) > _LONGEST[key]:
        return f"at most {_LONGEST[key]} characters"
    return "a name" if key == "name" and not value else ""


def safe_url(url: str) -> str:
    """Give back an http(s) URL in ASCII that is safe in HTML, text and chats; "" for anything else."""
    return url if len(url) <= _LONGEST_URL and _URL.fullmatch(url) else ""


def contrast(one: str, other: str) -> float:
    """How well two colours ``#rrggbb`` stand apart: 1 to 21, see https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    # https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
