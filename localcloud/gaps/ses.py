"""SES v2 where the emulator has none: sending is refused or followed by events.

SendEmail and SendBulkEmail refuse a configuration set that is unknown or paused, and an account that is paused:
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
What the emulator accepts is followed by the events of `ses_publishing`. Its control calls are in `ses_control`.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region, get_request_client_ip, json_response
from ministack.services import ses as ses_v1
from ministack.services import ses_v2

from localcloud.gaps import (
    patching,
    ses_control,
    ses_old_api,
    ses_permissions,
    ses_publishing,
    ses_raw,
    ses_rules,
    ses_tenants,
)
from localcloud.gaps.ses_events import Mail
from localcloud.gaps.ses_identities import default_configuration_set, identity_of, unverified

Response = tuple[int, dict[str, str], bytes]
Body = dict[str, Any]
Call = tuple[str, str, dict[str, str], bytes, dict[str, Any]]
Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Response]]

_PARAMETERS: Final = "method path headers body query_params"
_emulated: Handler = patching.original(ses_v2, "handle_request", _PARAMETERS)


def install() -> None:
    patching.replace(ses_v2, "handle_request", _PARAMETERS, handle_request)
    patching.original(ses_v2, "_json_err", "code message status")
    ses_rules.install()
    patching.original(ses_v1, "_sent_emails_list", "")
    ses_publishing.check()
    ses_permissions.install()
    ses_old_api.install(_bulk_status, _follow_filed)


async def handle_request(
    method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
) -> Response:
    request = _decoded(body)
    operation = (method, path.rstrip("/").removeprefix("/v2/email"))
    if operation == ("POST", "/outbound-emails"):
        request = ses_raw.completed(request)
        return await _send(request, (method, path, headers, json.dumps(request).encode(), query_params))
    if operation == ("POST", "/outbound-bulk-emails"):
        return await _send_bulk(request, (method, path, headers, body, query_params))
    before = ses_control.before(operation, request, headers, query_params)
    if before is not None:
        return before
    return ses_control.after(operation, request, await _emulated(method, path, headers, body, query_params))


def _decoded(body: bytes) -> Body:
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}


async def _send(request: Body, call: Call) -> Response:
    """SendEmail, with the configuration set it names or the sender's default."""
    configuration_set, denied = _configuration_set(request, call)
    if denied is not None:
        return denied
    refusal = _refusal(configuration_set, request.get("TenantName")) or _rejection(request)
    if refusal is not None:
        return _refused(refusal.code, refusal.message, refusal.status)
    answer = await _emulated(*call)
    if answer[0] != 200:
        return answer
    return _ok({"MessageId": _accept(request, configuration_set, ses_v1._sent_emails_list()[-1])})


async def _send_bulk(request: Body, call: Call) -> Response:
    """SendBulkEmail answers for each of its mails apart, a refusal of all of them included."""
    configuration_set, denied = _configuration_set(request, call)
    if denied is not None:
        return denied
    refusal = _refusal(configuration_set, request.get("TenantName"))
    if refusal is not None:
        result = {"Status": refusal.bulk_status, "Error": refusal.message}
        return _ok({"BulkEmailEntryResults": [result for _ in request.get("BulkEmailEntries") or []]})
    answer = await _emulated(*call)
    if answer[0] != 200:
        return answer
    results = json.loads(answer[2])["BulkEmailEntryResults"]
    filed = {mail["MessageId"]: mail for mail in ses_v1._sent_emails_list()[-len(results) :]}
    for result in results:
        if result["Status"] == "SUCCESS":
            result["MessageId"] = _accept(request, configuration_set, filed[result["MessageId"]])
    return _ok({"BulkEmailEntryResults": results})


def _configuration_set(request: Body, call: Call) -> tuple[str | None, Response | None]:
    """The set that applies, if any; and the refusal where the caller may not send with the one it names."""
    named = request.get("ConfigurationSetName")
    if named:
        arn = ses_permissions.arn("configuration-set", named)
        return named, ses_permissions.refusal("ses:SendEmail", arn, call[2], call[4])
    return default_configuration_set(request.get("FromEmailAddress", "")), None


@dataclass(frozen=True)
class _Refusal:
    """Why nothing may be sent. The codes are documented, SES's own words are not."""

    code: str
    bulk_status: str
    message: str
    status: int = 400


def _refusal(configuration_set: str | None, tenant: str | None) -> _Refusal | None:
    if not ses_control.account_sends():
        message = "Email sending is disabled for the account."
        return _Refusal("SendingPausedException", "ACCOUNT_SENDING_PAUSED", message)
    if tenant and ses_tenants.is_stopped(tenant):  # what SES says then is not documented
        message = f"Email sending is disabled for the tenant <{tenant}>."
        return _Refusal("SendingPausedException", "FAILED", message)
    if configuration_set is None:
        return None
    stored = ses_v2._config_sets.get(configuration_set)
    if stored is None:
        message = f"Configuration set <{configuration_set}> does not exist."
        return _Refusal("NotFoundException", "CONFIGURATION_SET_NOT_FOUND", message, 404)
    if not stored.get("SendingOptions", {}).get("SendingEnabled", True):
        message = f"Email sending is disabled for the configuration set <{configuration_set}>."
        return _Refusal("SendingPausedException", "CONFIGURATION_SET_SENDING_PAUSED", message)
    return None


def _rejection(request: Body) -> _Refusal | None:
    """Why SES does not take the mail. https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html."""
    identity = unverified(request.get("FromEmailAddress", ""))
    if identity is None:
        return None
    checked = f"The following identities failed the check in region {get_region().upper()}: {identity}"
    return _Refusal("MessageRejected", "MESSAGE_REJECTED", f"Email address is not verified. {checked}")


def _bulk_status(configuration_set: str | None) -> str | None:
    """Why nothing may be sent with the set, in the one vocabulary that tells all reasons apart."""
    refusal = _refusal(configuration_set, None)
    return refusal.bulk_status if refusal is not None else None


def _follow_filed(request: Body, configuration_set: str, filed: dict[str, Any]) -> None:
    """Follow a mail under the id that its sender has been given already."""
    ses_publishing.follow(replace(_mail(request, configuration_set, filed), message_id=filed["MessageId"]))


def _accept(request: Body, configuration_set: str | None, filed: dict[str, Any]) -> str:
    """Give the mail that the emulator has filed an id of the form SES gives, and follow what becomes of it."""
    mail = _mail(request, configuration_set, filed)
    filed["MessageId"] = mail.message_id
    if configuration_set:
        ses_publishing.follow(mail)
    return mail.message_id


def _mail(request: Body, configuration_set: str | None, filed: dict[str, Any]) -> Mail:
    now = datetime.now(UTC)
    return Mail(
        message_id=ses_publishing.new_id(now),
        sent_at=now,
        account=get_account_id(),
        region=get_region(),
        configuration_set=configuration_set or "",
        identity=identity_of(filed["Source"]),
        source=filed["Source"],
        to=tuple(filed["To"]),
        cc=tuple(filed["CC"]),
        bcc=tuple(filed["BCC"]),
        subject=filed["Subject"],
        source_ip=get_request_client_ip(),
        caller=iam_evaluator.caller_arn().rpartition("/")[2].rpartition(":")[2],
        tags={tag["Name"]: tag["Value"] for tag in request.get("EmailTags") or request.get("DefaultEmailTags") or []},
    )


def _ok(body: Body) -> Response:
    answer: Response = json_response(body)
    return answer


def _refused(code: str, message: str, status: int) -> Response:
    answer: Response = ses_v2._json_err(code, message, status)
    return answer
