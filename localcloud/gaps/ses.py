"""SES v2 where the emulator has none: sending is refused or followed by events, and a few settings are kept.

SendEmail and SendBulkEmail refuse a configuration set that is unknown or paused, and an account that is paused:
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
What the emulator accepts is followed by the events of `ses_publishing`.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from ministack.core import iam_evaluator
from ministack.core.responses import (
    AccountRegionScopedDict,
    get_account_id,
    get_region,
    get_request_client_ip,
    json_response,
)
from ministack.services import ses as ses_v1
from ministack.services import ses_v2

from localcloud.gaps import patching, ses_old_api, ses_permissions, ses_publishing, ses_raw, ses_tenants
from localcloud.gaps.ses_events import Mail
from localcloud.gaps.ses_identities import default_configuration_set, identity_of, put_default_configuration_set

Response = tuple[int, dict[str, str], bytes]
Body = dict[str, Any]
Call = tuple[str, str, dict[str, str], bytes, dict[str, Any]]
Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Response]]

_PARAMETERS: Final = "method path headers body query_params"
_emulated: Handler = patching.original(ses_v2, "handle_request", _PARAMETERS)
_account = AccountRegionScopedDict()  # "SendingEnabled", where PutAccountSendingAttributes has set it


def install() -> None:
    patching.replace(ses_v2, "handle_request", _PARAMETERS, handle_request)
    patching.original(ses_v2, "_json_err", "code message status")
    patching.original(ses_v1, "_sent_emails_list", "")
    ses_publishing.check()
    ses_permissions.install()
    ses_old_api.install(_bulk_status, _follow_filed)


async def handle_request(
    method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
) -> Response:
    request = _decoded(body)
    operation = (method, path.rstrip("/").removeprefix("/v2/email"))
    answer = _settings(operation, request)
    if answer is not None:
        return answer
    if operation == ("POST", "/outbound-emails"):
        request = ses_raw.completed(request)
        return await _send(request, (method, path, headers, json.dumps(request).encode(), query_params))
    if operation == ("POST", "/outbound-bulk-emails"):
        return await _send_bulk(request, (method, path, headers, body, query_params))
    answer = await _emulated(method, path, headers, body, query_params)
    return _after(operation, request, answer)


def _decoded(body: bytes) -> Body:
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}


def _settings(operation: tuple[str, str], request: Body) -> Response | None:
    """Settings that the emulator does not take."""
    method, path = operation
    if operation == ("PUT", "/account/sending"):
        _account["SendingEnabled"] = bool(request.get("SendingEnabled"))
        return _ok({})
    if method == "PUT" and path.startswith("/identities/") and path.endswith("/configuration-set"):
        identity = path.removeprefix("/identities/").removesuffix("/configuration-set")
        name = request.get("ConfigurationSetName")
        if name and name not in ses_v2._config_sets:
            return _refused("NotFoundException", f"Configuration set <{name}> does not exist.", 404)
        if not put_default_configuration_set(identity, name):
            return _refused("NotFoundException", f"Email identity {identity} does not exist.", 404)
        return _ok({})
    about_tenant = ses_tenants.reputation(method, path, request)
    if about_tenant is None:
        return None
    return _ok(about_tenant) if isinstance(about_tenant, dict) else _refused(*about_tenant)


def _after(operation: tuple[str, str], request: Body, answer: Response) -> Response:
    """What the emulator answers, with what follows from it."""
    method, path = operation
    if answer[0] != 200:
        return answer
    if operation == ("GET", "/account"):
        return _ok({**json.loads(answer[2]), "SendingEnabled": _account.get("SendingEnabled", True)})
    if operation == ("POST", "/tags"):
        ses_tenants.tagged(request)
    if operation == ("POST", "/identities"):
        put_default_configuration_set(request["EmailIdentity"], request.get("ConfigurationSetName"))
    if "/event-destinations" in path and method in ("POST", "PUT"):
        topic = (request["EventDestination"].get("SnsDestination") or {}).get("TopicArn")
        if topic:
            ses_publishing.publish_to_topic(topic, path.split("/")[2], ses_publishing.VALIDATED)
    return answer


async def _send(request: Body, call: Call) -> Response:
    """SendEmail, with the configuration set it names or the sender's default."""
    configuration_set, denied = _configuration_set(request, call)
    if denied is not None:
        return denied
    refusal = _refusal(configuration_set, request.get("TenantName"))
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
        return named, ses_permissions.refusal(named, call[2], call[4])
    return default_configuration_set(request.get("FromEmailAddress", "")), None


@dataclass(frozen=True)
class _Refusal:
    """Why nothing may be sent. The codes are documented, SES's own words are not."""

    code: str
    bulk_status: str
    message: str
    status: int = 400


def _refusal(configuration_set: str | None, tenant: str | None) -> _Refusal | None:
    if not _account.get("SendingEnabled", True):
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
