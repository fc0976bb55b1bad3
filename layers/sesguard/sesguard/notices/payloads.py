"""What each channel is sent: a NoticeText as Slack, Teams and a webhook take it. Pure; gives JSON-ready data.

Text from outside never stands where a chat reads marks: in Slack it is plain_text, in Teams a TextRun.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from sesguard.bus.details import AccountAtRisk, DomainPosture, News, Transition
from sesguard.bus.events import DetailType, OperatorNotice, iso
from sesguard.notices.brand import safe_url
from sesguard.notices.message import NoticeText
from sesguard.notices.states import NoticeState, state_of
from sesguard.text import ELLIPSIS, one_line

# https://docs.slack.dev/reference/block-kit/blocks and …/blocks/section-block, …/blocks/header-block
_BLOCKS, _TEXT, _HEADER, _FIELDS, _FIELD = 50, 3_000, 150, 10, 2_000
# https://learn.microsoft.com/en-us/connectors/teams/#known-issues-and-limitations-with-actions says about 28 KB;
# others measured less, see https://www.rubydoc.info/gems/msteams_hermes/MsTeamsHermes/NoticeText
_CARD_BYTES: Final = 20_000

WEBHOOK_VERSION: Final = "1"


class Digest(msgspec.Struct, frozen=True):
    """Many transitions told at once, as :func:`webhook` takes them. ``id`` stays the same for the same digest."""

    id: str
    at: datetime
    since: datetime
    transitions: Sequence[Transition]


def slack(message: NoticeText) -> dict[str, Any]:
    """For a Slack incoming webhook, https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks.

    A link and no button, which would want an answer of the app: https://github.com/slackapi/node-slack-sdk/issues/869.
    """
    card = message.card
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(card.title, _HEADER)}]
    blocks += [_section(text) for text in card.paragraphs]
    if card.facts:
        fields = [_plain(f"{label}\n{value}", _FIELD) for label, value in card.facts[:_FIELDS]]
        blocks.append({"type": "section", "fields": fields})
    blocks += [_section("\n".join((each.title, *each.paragraphs))) for each in card.sections]
    if card.link:
        link = f"<{_escaped(safe_url(card.link.url))}|{_escaped(card.link.label).replace('|', '¦')}>"
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": link, "verbatim": True}})
    footer = [{"type": "context", "elements": [_plain(card.footer, _TEXT)]}] if card.footer else []
    return {
        "text": _escaped(message.subject),
        "mrkdwn": False,
        "unfurl_links": False,
        "blocks": [*blocks[: _BLOCKS - len(footer)], *footer],
    }


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _plain(text, _TEXT)}


def _plain(text: str, longest: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": _escaped(_cut(text, longest)) or " ", "emoji": False}


def _cut(text: str, longest: int) -> str:
    """Cut what is longer than that once it is escaped, which is how Slack counts."""
    if len(_escaped(text)) <= longest:
        return text
    room = longest - len(ELLIPSIS)
    for place, letter in enumerate(text):
        room -= len(_escaped(letter))
        if room < 0:
            return text[:place] + ELLIPSIS
    return text


def _escaped(text: str) -> str:
    # https://docs.slack.dev/messaging/formatting-message-text#escaping
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def teams(message: NoticeText) -> dict[str, Any]:
    """For a Teams Workflows webhook: an Adaptive Card, https://learn.microsoft.com/en-us/connectors/teams/#webhooks.

    RichTextBlock reads no Markdown, which TextBlock and FactSet do:
    https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features
    """
    card = message.card
    body = [_runs((card.title, {"size": "large", "weight": "bolder", "color": _TEAMS_COLOURS[card.tone]}))]
    body += [_runs((text, {})) for text in card.paragraphs]
    body += [_runs((f"{label}: ", {"weight": "bolder"}), (value, {}), close=True) for label, value in card.facts]
    for part in card.sections:
        body += [_runs((part.title, {"weight": "bolder"}))] if part.title else []
        body += [_runs((text, {}), close=True) for text in part.paragraphs]
    if card.footer:
        body.append(_runs((card.footer, {"size": "small", "isSubtle": True})))
    content: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": _fitting(body),
    }
    if card.link:
        url = safe_url(card.link.url)
        content["actions"] = [{"type": "Action.OpenUrl", "title": _inert(card.link.label), "url": url}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


_TEAMS_COLOURS: Final = {"bad": "attention", "warn": "warning", "good": "good", "info": "accent"}


def _runs(*runs: tuple[str, dict[str, Any]], close: bool = False) -> dict[str, Any]:
    inlines = [{"type": "TextRun", "text": _inert(text), **style} for text, style in runs]
    return {"type": "RichTextBlock", "inlines": inlines, "spacing": "small" if close else "default"}


def _inert(text: str) -> str:
    # "{{" begins a function of the client: https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features
    return text.replace("{{", "{ {").replace("}}", "} }") or " "


def _fitting(body: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many blocks as a card may hold; what is cut off is said."""
    room = _CARD_BYTES
    for number, block in enumerate(body):
        room -= len(msgspec.json.encode(block))
        if room < 0:
            return [*body[:number], _runs((ELLIPSIS, {}))]
    return body


def webhook(news: News | Digest, message: NoticeText) -> dict[str, Any]:
    """For a webhook of anybody's, see schemas/webhook.json. Its ``id`` is the event's: the same for a repetition."""
    told = {
        "version": WEBHOOK_VERSION,
        "id": news.id,
        "at": iso(news.at) if news.at else None,
        "subject": message.subject,
        "text": message.text,
        "link": message.card.link.url if message.card.link else None,
    }
    match news:
        case Transition():
            return told | {"type": news.kind.value, **_of_stream(news)}
        case AccountAtRisk():
            return told | {"type": "Account At Risk", **_of_account(news)}
        case OperatorNotice():
            return told | {"type": "Operator Notice", "state": NoticeState.OPERATOR_NOTICE.value}
        case DomainPosture():
            return told | {"type": DetailType.DOMAIN.value, **_of_domain(news)}
    transitions = [{"id": each.id, "type": each.kind.value, **_of_stream(each)} for each in news.transitions]
    digest = {"type": "Digest", "state": NoticeState.DIGEST.value, "since": iso(news.since), "transitions": transitions}
    return told | digest


def _of_stream(news: Transition) -> dict[str, Any]:
    return {
        "state": state_of(news).value,
        "tenant": _line(news.tenant),
        "stream": {name: _line(value) for name, value in news.stream._asdict().items()},
        "incident": _line(news.incident),
        "reason": _line(news.reason),
        "outcome": news.outcome.value,
        "mode": _line(news.mode),
        "numbers": _numbers(news),
        "strikes": news.strikes,
        "acknowledge": news.acknowledge,
        "resumes_after": iso(news.resumes_after) if news.resumes_after else None,
    }


def _numbers(news: Transition) -> dict[str, Any] | None:
    evidence = news.evidence
    if not evidence.kind:
        return None
    return {
        "kind": _line(evidence.kind),
        "rate": evidence.rate,
        "limit": evidence.limit,
        "bad": evidence.bad,
        "volume": evidence.volume,
        "chance": evidence.chance,
        "from": _line(evidence.start),
        "to": _line(evidence.end),
        "domains": [[_line(name), count] for name, count in evidence.domains],
        "codes": [[_line(code), count] for code, count in evidence.codes],
        "cause": _line(evidence.cause or "") or None,
        "causes": [[_line(name), count] for name, count in evidence.causes],
        "forgiven": evidence.forgiven,
        "together": msgspec.to_builtins(evidence.together),
    }


def _of_account(news: AccountAtRisk) -> dict[str, Any]:
    return {
        "state": NoticeState.ACCOUNT_AT_RISK.value,
        "account": _line(news.account),
        "region": _line(news.region),
        "incident": _line(news.incident),
        "mode": _line(news.mode),
        "numbers": {
            "kinds": [_line(kind) for kind in news.kinds],
            "volume": news.total.volume,
            "bounces": news.total.bounces,
            "complaints": news.total.complaints,
            "bounce_rate": news.total.bounce_rate,
            "complaint_rate": news.total.complaint_rate,
        },
    }


def _of_domain(news: DomainPosture) -> dict[str, Any]:
    return {
        "state": NoticeState.DOMAIN.value,
        "account": _line(news.account),
        "region": _line(news.region),
        "domain": _line(news.domain),
        "tenant": _line(news.tenant),
        "occasion": _line(news.occasion),
        "configuration_sets": [_line(name) for name in news.configuration_sets],
        "findings": [
            {"code": _line(it.code), "says": one_line(it.says, 600), "do": one_line(it.do, 600)} for it in news.findings
        ],
        "records": [
            {"name": _line(it.name), "type": _line(it.type), "value": one_line(it.value, 600)} for it in news.records
        ],
    }


def _line(text: str) -> str:
    return one_line(text, 300)
