"""What turns a stream, as the registry writes it: attribute ``switch`` of the stream's item in StreamsTable.

A map, or JSON of one: ``kind`` is ``configuration_set``, ``tenant`` or ``both``; the latter two name a ``tenant_arn``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from sesguard.pausing.record import BY_CONFIGURATION_SET, PauseTarget
from sesguard.stream import StreamId

# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
_ARN: Final = re.compile(r"arn:aws[a-z-]*:ses:([a-z0-9-]+):(\d{12}):tenant/[A-Za-z0-9_-]{1,64}/[A-Za-z0-9_-]{1,128}")


def target_of(stream: StreamId, switch: Mapping[str, Any]) -> PauseTarget:
    """Read the attribute's content. Raises ValueError where it is not as above, or of another account or region."""
    kind, arn = switch.get("kind"), switch.get("tenant_arn", "")
    if kind == "configuration_set":
        return BY_CONFIGURATION_SET
    if kind not in ("tenant", "both"):
        raise ValueError("kind: expected configuration_set, tenant or both")
    found = _ARN.fullmatch(arn) if isinstance(arn, str) else None
    if found is None or (found[2], found[1]) != (stream.account, stream.region):
        raise ValueError("tenant_arn: expected the ARN of an SES tenant of the stream's own account and region")
    return PauseTarget(configuration_set=kind == "both", tenant_arn=found[0])
