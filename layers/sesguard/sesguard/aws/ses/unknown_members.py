"""Options of a configuration set that this version's model of SES does not know: read, and put again as they were.

One Put replaces a whole group of options, and botocore drops what it does not know from answers and refuses it in
requests. So an option that SES gets after this version was made would be lost at the next Put of an adopted set.
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutConfigurationSetDeliveryOptions.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from botocore.model import OperationModel, Shape, StructureShape

_GROUPS: Final = {
    "DeliveryOptions": "PutConfigurationSetDeliveryOptions",
    "SuppressionOptions": "PutConfigurationSetSuppressionOptions",
}
_UNKNOWN: Final = "sesguard_unknown"


def keep_unknown(client: Any) -> None:  # noqa: ANN401  # a client, of which only botocore knows its events
    """Let a client of SES v2 read such members in GetConfigurationSet, and take them in the Puts of their groups."""
    events = client.meta.events
    events.register("before-parse.sesv2.GetConfigurationSet", _read)
    for operation in _GROUPS.values():
        events.register(f"before-parameter-build.sesv2.{operation}", _set_aside)
        events.register(f"before-call.sesv2.{operation}", _put_back)


def _read(
    operation_model: OperationModel,
    response_dict: Mapping[str, Any],
    customized_response_dict: dict[str, Any],
    **_: object,
) -> None:
    """Give a group that holds what the model does not know as SES sent it."""
    if response_dict["status_code"] >= 300:
        return
    try:
        answer = json.loads(response_dict["body"])
    except ValueError:
        return  # the parser says what is wrong with it
    shape = operation_model.output_shape
    for group in _GROUPS:
        said = answer.get(group) if isinstance(answer, dict) else None
        if isinstance(said, dict) and isinstance(shape, StructureShape) and _split(said, shape.members[group])[1]:
            customized_response_dict[group] = said


def _set_aside(params: dict[str, Any], model: OperationModel, context: dict[str, Any], **_: object) -> None:
    """Keep from botocore's checks what they would refuse."""
    known, unknown = _split(params, model.input_shape)
    params.clear()
    params.update(known)
    context[_UNKNOWN] = unknown


def _put_back(params: dict[str, Any], context: Mapping[str, Any], **_: object) -> None:
    if unknown := context.get(_UNKNOWN):
        params["body"] = json.dumps(_merged(json.loads(params["body"]), unknown)).encode()


def _split(value: Mapping[str, Any], shape: Shape | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part a structure into what its shape knows and what it does not."""
    known: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    members = shape.members if isinstance(shape, StructureShape) else {}
    for name, each in value.items():
        if name not in members:
            unknown[name] = each
        elif isinstance(each, Mapping) and isinstance(members[name], StructureShape):
            known[name], inner = _split(each, members[name])
            if inner:
                unknown[name] = inner
        else:
            known[name] = each
    return known, unknown


def _merged(known: dict[str, Any], unknown: Mapping[str, Any]) -> dict[str, Any]:
    """Put the two parts of a structure together again."""
    return {
        **known,
        **{
            name: _merged(known[name], each) if isinstance(known.get(name), dict) else each
            for name, each in unknown.items()
        },
    }
