"""Makes files of every notice with sample data: one page to look at, and each part on its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sesguard.cli.notices.samples import Sample, samples
from sesguard.notices.message import NoticeText
from sesguard.notices.payloads import slack, teams, webhook
from sesguard.notices.states import NoticeState
from sesguard.notices.wording import Wording

INDEX: Final = "index.html"
_PAGE: Final = "preview.html"
_DARK: Final = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)")


@dataclass(frozen=True, slots=True)
class PreviewShown:
    """A sample, written. ``light`` and ``dark`` are its HTML as one of the two, whatever the browser prefers."""

    name: str
    message: NoticeText
    light: str
    dark: str
    slack: str
    teams: str
    webhook: str


def written(wording: Wording, state: NoticeState | None) -> list[PreviewShown]:
    """Write the samples of ``state``, of all where it is None."""
    return [_shown(sample, wording) for sample in samples() if state is None or sample.state == state]


def _shown(sample: Sample, wording: Wording) -> PreviewShown:
    message = sample.write(wording)
    return PreviewShown(
        sample.name,
        message,
        _DARK.sub("@media not all", message.html),
        _DARK.sub("@media all", message.html),
        _json(slack(message)),
        _json(teams(message)),
        _json(webhook(sample.news, message)),
    )


def _json(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def files(notices: list[PreviewShown], wording: Wording) -> Iterator[tuple[str, str]]:
    """Name and content of each file: the page of all, and for each notice its mail and payloads."""
    page = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    yield INDEX, page.get_template(_PAGE).render(notices=notices, brand=wording.brand)
    for notice in notices:
        stem = re.sub(r"[^a-z_]+", "-", notice.name.lower())
        yield f"{stem}.html", notice.message.html
        yield f"{stem}.txt", f"Subject: {notice.message.subject}\n\n{notice.message.text}"
        yield f"{stem}.slack.json", notice.slack
        yield f"{stem}.teams.json", notice.teams
        yield f"{stem}.webhook.json", notice.webhook
