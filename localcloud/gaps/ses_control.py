"""SES's control calls: what the emulator takes that SES refuses, and the settings that it does not keep.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Operations.html
"""

import json
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, json_response
from ministack.services import ses_v2

from localcloud.gaps import ses_addresses, ses_identities, ses_permissions, ses_publishing, ses_tenants
from localcloud.gaps.ses_rules import Refusal, refusal, scaling

Response = tuple[int, dict[str, str], bytes]
Operation = tuple[str, str]
Body = dict[str, Any]

_account = AccountRegionScopedDict()  # "SendingEnabled", where PutAccountSendingAttributes has set it


def account_sends() -> bool:
    return bool(_account.get("SendingEnabled", True))


def before(operation: Operation, request: Body, headers: dict[str, str], query_params: Body) -> Response | None:
    """What is answered in the emulator's place, if anything. An operation is a method and a path."""
    second = ses_permissions.second(operation, request)
    denied = ses_permissions.refusal(*second, headers, query_params) if second is not None else None
    if denied is not None:
        return denied
    refused = refusal(operation, request)
    answer = refused if refused is not None else _setting(operation, request)
    if answer is None:
        answer = ses_addresses.answer(*operation, request, query_params)
    if answer is None:
        return None
    return _ok(answer) if isinstance(answer, dict) else _refused(answer)


def _setting(operation: Operation, request: Body) -> Refusal | Body | None:
    """Keep a setting that the emulator does not know."""
    method, path = operation
    if operation == ("PUT", "/account/sending"):
        _account["SendingEnabled"] = bool(request.get("SendingEnabled"))
        return {}
    if method == "PUT" and path.startswith("/identities/") and path.endswith("/configuration-set"):
        identity = path.removeprefix("/identities/").removesuffix("/configuration-set")
        ses_identities.put_default_configuration_set(identity, request.get("ConfigurationSetName"))
        return {}
    if method == "PUT" and path.startswith("/identities/") and path.endswith("/mail-from"):
        identity = path.removeprefix("/identities/").removesuffix("/mail-from")
        ses_identities.put_mail_from(identity, request)
        return {}
    if method == "PUT" and path.startswith("/dedicated-ip-pools/") and path.endswith("/scaling"):
        return scaling(path.split("/")[2], request.get("ScalingMode"))
    return ses_tenants.reputation(method, path, request)


def after(operation: Operation, request: Body, answer: Response) -> Response:
    """What the emulator answers, with what follows from it."""
    method, path = operation
    if answer[0] != 200:
        return answer
    if operation == ("GET", "/account"):
        return _ok({**json.loads(answer[2]), "SendingEnabled": account_sends()})
    if operation == ("POST", "/tags"):
        ses_tenants.tagged(request)
    if operation == ("POST", "/identities"):
        ses_identities.put_default_configuration_set(request["EmailIdentity"], request.get("ConfigurationSetName"))
    if "/event-destinations" in path and method in ("POST", "PUT"):
        topic = (request["EventDestination"].get("SnsDestination") or {}).get("TopicArn")
        if topic:
            ses_publishing.publish_to_topic(topic, path.split("/")[2], ses_publishing.VALIDATED)
    if ses_identities.tells_of(method, path):
        return _ok(ses_identities.told(json.loads(answer[2])))
    return answer


def _ok(body: Body) -> Response:
    answer: Response = json_response(body)
    return answer


def _refused(refused: Refusal) -> Response:
    answer: Response = ses_v2._json_err(*refused)
    return answer
