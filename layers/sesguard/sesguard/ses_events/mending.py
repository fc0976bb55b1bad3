"""Taking out of an event what is odd about it and does not matter, so that the rest can be counted.

Only events that the decoder refused come here. What decides whom an event is held against, and whether it counts, is
never touched: the configuration set, the time of sending, the type of a bounce, ``feedbackId``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sesguard.ses_events.observe import RULES

_BODIES: Final = ("bounce", "complaint", "delivery", "deliveryDelay", "subscription", "open", "click")
_RECIPIENTS: Final = ("bouncedRecipients", "complainedRecipients", "delayedRecipients")
_ACCOUNT_DIGITS: Final = 12

_ESCAPED: Final = re.compile(
    r"\\(?:u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|(u[dD][89a-fA-F]\w\w)|.)", re.ASCII | re.DOTALL
)

Document = dict[str, Any]


def _folded(kind: str) -> str:
    return "".join(filter(str.isalpha, kind.casefold()))


_KINDS: Final = {_folded(kind): kind for kind in RULES if kind}


def whole_characters(body: str | bytes) -> str | None:
    """JSON without escaped halves of characters, as are left where text is cut; None where it has none.

    A receiving server's diagnostic text may bring them, and then no decoder reads the bounce.
    """
    try:
        text = body if isinstance(body, str) else bytes(body).decode()
    except UnicodeDecodeError:
        return None
    better = _ESCAPED.sub(lambda it: r"\ufffd" if it[1] else it[0], text)
    return None if better == text else better


def respelled(document: Mapping[str, Any]) -> Document | None:
    """An event, or one in ``detail``, whose type is spelled as SES does not (``BOUNCE``), as SES does; else None."""
    if "mail" not in document:
        detail = document.get("detail")
        better = respelled(detail) if isinstance(detail, dict) and "mail" in detail else None
        return None if better is None else {**document, "detail": better}
    for name in ("eventType", "notificationType"):
        kind = document.get(name)
        if isinstance(kind, str) and kind not in RULES and _folded(kind) in _KINDS:
            return {**document, name: _KINDS[_folded(kind)]}
    return None


def mended(event: Mapping[str, Any]) -> Document:
    """The same event without odd recipients and details; equal to ``event`` where there is nothing to mend."""
    whole = dict(event)
    if isinstance(whole.get("mail"), dict):
        whole["mail"] = _mended_mail(whole["mail"])
    for name in _BODIES:
        if isinstance(whole.get(name), dict):
            whole[name] = _mended_body(whole[name])
    return whole


def _mended_mail(mail: Document) -> Document:
    mail = _texts(mail, "sourceArn", "messageId")
    account = mail.get("sendingAccountId")
    if isinstance(account, int) and not isinstance(account, bool) and account > 0:
        mail["sendingAccountId"] = str(account).zfill(_ACCOUNT_DIGITS)
    mail = _texts(mail, "sendingAccountId")
    if isinstance(mail.get("destination"), list):
        mail["destination"] = _those(mail["destination"], lambda it: isinstance(it, str))
    return mail


def _mended_body(body: Document) -> Document:
    body = _texts(body, "timestamp", "bounceSubType", "complaintSubType", "complaintFeedbackType")
    for name in _RECIPIENTS:
        if isinstance(body.get(name), list):
            body[name] = [_texts(it, "status", "diagnosticCode") for it in _those(body[name], _addressed)]
    if isinstance(body.get("recipients"), list):
        body["recipients"] = _those(body["recipients"], lambda it: isinstance(it, str))
    return body


def _texts(document: Any, *names: str) -> Any:  # noqa: ANN401  # what a stranger's JSON holds
    """``document`` without those of the fields ``names`` that are there and hold no text."""
    if not isinstance(document, dict):
        return document
    return {name: value for name, value in document.items() if name not in names or isinstance(value, str | None)}


def _those(recipients: list[Any], fit: Callable[[Any], bool]) -> list[Any]:
    """The recipients that can be read; all of them where none can, so that what is wrong is said."""
    return [it for it in recipients if fit(it)] or recipients


def _addressed(recipient: object) -> bool:
    return isinstance(recipient, dict) and isinstance(recipient.get("emailAddress"), str)
