"""SMTP credentials of a stream: who they are, what they may do, and the password that SES derives. Pure."""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from sesguard.stream import StreamId
from sesguard.tenants.model import StreamEntry

SENDING: Final = ("ses:SendEmail", "ses:SendRawEmail")
"""Over SMTP a mail is a SendRawEmail; the other is for those who send by API with the same policy."""
POLICY_NAME: Final = "sesguard-sending"
PORT: Final = 587
STACK_TAG, STREAM_TAG = "sesguard:stack", "sesguard:stream"
_LONGEST_USER: Final = 64  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LONGEST_POLICY: Final = 2_048
"""Characters of all policies of an IAM user, white space left out; the page as above."""
_VERSION: Final = b"\x04"


def smtp_password(secret_key: str, region: str) -> str:
    """Derive the SMTP password of an access key's secret, for one region.

    https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html#smtp-credentials-convert
    """
    signature = f"AWS4{secret_key}".encode()
    for part in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        signature = hmac.new(signature, part.encode(), sha256).digest()
    return base64.b64encode(_VERSION + signature).decode()


def smtp_endpoint(region: str) -> str:
    """The host that takes mail. https://docs.aws.amazon.com/general/latest/gr/ses.html."""
    suffix = {"cn-": "amazonaws.com.cn", "eusc-": "amazonaws.eu"}
    known = (end for start, end in suffix.items() if region.startswith(start))
    return f"email-smtp.{region}.{next(known, 'amazonaws.com')}"


def user_name(stream: StreamId) -> str:
    """The IAM user of a stream; a name that would be too long ends with a hash of it."""
    whole = f"sesguard-{stream.region}-{stream.configuration_set}"
    if len(whole) <= _LONGEST_USER:
        return whole
    mark = sha256(whole.encode()).hexdigest()[:12]
    return f"{whole[: _LONGEST_USER - len(mark) - 1]}-{mark}"


def secret_name(stream: StreamId) -> str:
    """Where the credentials are kept in Secrets Manager."""
    return f"sesguard/smtp/{stream.region}/{stream.configuration_set}"


def marks(stack: str, stream: StreamId) -> Mapping[str, str]:
    """The tags by which what was made for a stream is known; what lacks them is somebody else's."""
    return {STACK_TAG: stack, STREAM_TAG: str(stream)}


def sending_policy(entry: StreamEntry, partition: str) -> dict[str, Any]:
    """An IAM policy that lets its user send by the stream's set and as its identities, and do nothing else.

    SES asks for both: the identity, and the set that is named or is the identity's default.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
    """
    here = f"arn:{partition}:ses:{entry.region}:{entry.account}"
    names = [f"configuration-set/{entry.configuration_set}", *(f"identity/{each}" for each in entry.identities)]
    resources = [f"{here}:{name}" for name in names]
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(SENDING), "Resource": resources}],
    }


def policy_length(document: Mapping[str, Any]) -> int:
    """Count a policy's characters as IAM does."""
    return len("".join(json.dumps(document, ensure_ascii=False).split()))


def secret_text(stream: StreamId, key_id: str, secret_key: str) -> str:
    """What is kept: everything that a mail program asks for."""
    return json.dumps(
        {
            "username": key_id,
            "password": smtp_password(secret_key, stream.region),
            "host": smtp_endpoint(stream.region),
            "port": PORT,
            "configuration_set": stream.configuration_set,
        }
    )


def key_of(text: str) -> str:
    """The access key that kept credentials are of; "" where they are not readable."""
    found = re.search(r'"username": ?"([A-Z0-9]{16,128})"', text)
    return found[1] if found else ""


def loose_identities(entry: StreamEntry, defaults: Mapping[str, str | None]) -> Sequence[str]:
    """Identities whose default set is not the stream's: mail that names no set is then not the stream's.

    defaults: identity -> its default set, "" for none, None where there is no such identity.
    """
    return [each for each in entry.identities if defaults.get(each) != entry.configuration_set]
