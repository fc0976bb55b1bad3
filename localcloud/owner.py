"""The owner of a tenant, who reads the guard's mail, opens the page that it links to, and presses the button."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

_LINK = re.compile(r"https?://\S+/acknowledge\S*")


class PageError(RuntimeError):
    """``what`` the owner did with the page did not work, and ``why``."""

    def __init__(self, what: str, why: object) -> None:
        super().__init__(f"{what}: {why}")


def link_in(text: str) -> str | None:
    """Find the link to the page in a mail's text, if there is one."""
    found = _LINK.search(text)
    return found[0] if found else None


def acknowledge(link: str, fixed: str) -> None:
    """Open the page, write what was fixed into its form and send it. Raises PageError where that does not work."""
    form = _Form()
    form.feed(_fetch(Request(link)))  # noqa: S310 (our own emulator)
    if not form.text_field:
        raise PageError("opening it", "there is no form to write into")
    fields = urlencode({**form.hidden, form.text_field: fixed}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    _fetch(Request(urljoin(link, form.action), data=fields, headers=headers))  # noqa: S310 (our own emulator)


def _fetch(request: Request) -> str:
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310 (our own emulator)
            text: str = answer.read().decode()
    except OSError as error:
        raise PageError(request.get_method(), error) from None
    return text


class _Form(HTMLParser):
    """The one form of a page: where it goes, what it holds unseen, and the field to write into."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.hidden: dict[str, str] = {}
        self.text_field = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given.get("action", "")
        elif tag == "input" and given.get("type") == "hidden":
            self.hidden[given["name"]] = given.get("value", "")
        elif tag == "textarea":
            self.text_field = given["name"]
