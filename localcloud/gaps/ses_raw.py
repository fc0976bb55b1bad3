"""Raw mail: what SendEmail takes from the headers of the message where the request does not say it.

https://docs.aws.amazon.com/ses/latest/dg/send-email-raw.html
"""

import base64
import binascii
from email import message_from_bytes
from email.utils import getaddresses
from typing import Any, Final

SET_HEADER: Final = "X-SES-CONFIGURATION-SET"


def completed(request: dict[str, Any]) -> dict[str, Any]:
    """The request with sender, recipients and configuration set filled in from a raw message, if it has one."""
    raw = ((request.get("Content") or {}).get("Raw") or {}).get("Data")
    if not isinstance(raw, str):
        return request
    try:
        message = message_from_bytes(base64.b64decode(raw, validate=True))
    except binascii.Error:
        return request

    def addresses(header: str) -> list[str]:
        return [address for _, address in getaddresses(message.get_all(header, [])) if address]

    headers = {
        "FromEmailAddress": str(message.get("From", "")),
        "Destination": {f"{kind}Addresses": addresses(kind) for kind in ("To", "Cc", "Bcc")},
        "ConfigurationSetName": message.get(SET_HEADER),
    }
    return {**request, **{name: request.get(name) or value for name, value in headers.items() if value}}
