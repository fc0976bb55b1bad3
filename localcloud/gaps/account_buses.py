"""A rule forwards to a bus of another account or region, where its role and that bus's policy let it.

So does PutEvents that names a bus of another account by its ARN, in the region of its endpoint. The emulator hands
events to buses of the same account and region only, and forgets the policy that a template gives a bus.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html: such a target needs a role; the
bus's policy names the organization by aws:PrincipalOrgID; in the event ``account`` and ``region`` stay the sender's.
"""

import json
import logging
from collections.abc import Collection
from time import time
from typing import Any
from uuid import uuid4

from ministack.core import iam_evaluator
from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, request_scope
from ministack.services import eventbridge, iam, organizations
from ministack.services.cloudformation import provisioners

from localcloud.gaps import patching

log = logging.getLogger("localcloud.account_buses")
Response = tuple[int, dict[str, str], bytes]
_PARAMETERS = "spec event rule event_path target_input_payload"
_dispatch = patching.original(eventbridge, "_dispatch_to_event_bus", _PARAMETERS)
_put = patching.original(eventbridge, "_put_events", "data allow_aws_source")
_create = patching.original(provisioners, "_eb_event_bus_create", "logical_id props stack_name")


def install() -> None:
    patching.replace(eventbridge, "_dispatch_to_event_bus", _PARAMETERS, forward)
    patching.replace(eventbridge, "_put_events", "data allow_aws_source", put)
    patching.original(iam_evaluator, "caller_arn", "")
    patching.original(iam_evaluator, "evaluate_resource_policy", "doc ctx service named_only direct_only")
    patching.original(iam_evaluator, "_gather_role_policies", "role_name account_id")
    provisioners._RESOURCE_HANDLERS["AWS::Events::EventBus"]["create"] = create


def create(logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
    """Make the bus of a template, with its policy."""
    made: tuple[str, dict[str, Any]] = _create(logical_id, props, stack_name)
    if props.get("Policy"):
        eventbridge._event_bus_policies[made[0]] = props["Policy"]
    return made


def forward(
    spec: Any,  # noqa: ANN401 - the emulator's
    event: dict[str, Any],
    rule: dict[str, Any],
    event_path: Collection[str],
    target_input_payload: str | None = None,
) -> None:
    """Hand an event to a bus, wherever it is."""
    sender = get_account_id(), get_region()
    if (spec.account_id, spec.region) == sender:
        _dispatch(spec, event, rule, event_path, target_input_payload)
        return
    bus = spec.resource.partition("/")[2]
    arn = f"arn:aws:events:{spec.region}:{spec.account_id}:event-bus/{bus}"
    role = _role_for(arn, rule)
    kept = {"Account": event.get("Account", sender[0]), "Region": event.get("Region", sender[1])}
    with request_scope(spec.account_id, spec.region):
        policy = eventbridge._event_bus_policies.get(bus)
        if bus not in eventbridge._event_buses or not _allowed(role, sender, arn, policy, str(event.get("Source"))):
            log.warning("rule %s may not send to %s", rule["Name"], arn)
            return
        eventbridge._dispatch_event({**event, **kept, "EventBusName": bus, "_DispatchPath": [*event_path]})


def put(data: dict[str, Any], allow_aws_source: bool = False) -> Response:
    """Put events; one for a bus of another account goes there if that bus's policy takes it from the caller's role."""
    entries = data.get("Entries", [])
    spec = _elsewhere(entries[0]) if len(entries) == 1 else None
    if spec is None:
        done: Response = _put(data, allow_aws_source)
        return done
    sender, (entry,) = (get_account_id(), get_region()), entries
    bus, caller = spec.resource.partition("/")[2], _role_of(iam_evaluator.caller_arn(), sender[0])
    source, kind = str(entry.get("Source", "")), str(entry.get("DetailType", ""))
    with request_scope(spec.account_id, spec.region):
        if bus not in eventbridge._event_buses:
            return _refused("ResourceNotFoundException", f"Event bus {bus} does not exist.")
        keys = {"events:source": source, "events:detail-type": kind, "events:eventbusinvocation": "false"}
        context = _context(caller, sender, entry["EventBusName"], keys)
        if not _takes(eventbridge._event_bus_policies.get(bus), context):
            return _refused("AccessDeniedException", f"User is not authorized to put events onto {bus}.")
        identity = str(uuid4())
        event = {
            "EventId": identity,
            "Source": source,
            "DetailType": kind,
            "Detail": entry.get("Detail", "{}"),
            "EventBusName": bus,
            "Time": int(time()),
            "Resources": entry.get("Resources", []),
            "Account": sender[0],
            "Region": sender[1],
        }
        eventbridge._dispatch_event(event)
    answer: Response = json_response({"FailedEntryCount": 0, "Entries": [{"EventId": identity}]})
    return answer


def _elsewhere(entry: object) -> Any:  # noqa: ANN401 - the emulator's
    """The ARN of a bus of another account in this region, None for any other bus."""
    name = entry.get("EventBusName") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name.startswith("arn:"):
        return None
    try:
        spec = parse_arn(name)
    except ArnParseError:
        return None
    foreign = spec.service == "events" and spec.account_id != get_account_id() and spec.region == get_region()
    return spec if foreign and spec.resource.startswith("event-bus/") else None


def _refused(code: str, message: str) -> Response:
    answer: Response = error_response_json(code, message, 400)
    return answer


def _role_of(arn: str, account: str) -> str:
    """The role of a session, with its path, which the session's own ARN does not have; any other caller as it is."""
    name = arn.partition(":assumed-role/")[2].partition("/")[0]
    role = iam._roles.get_scoped(account, None, name) if name else None
    return str(role["Arn"]) if role else arn


def _role_for(bus: str, rule: dict[str, Any]) -> str:
    key = eventbridge._rule_key(rule["Name"], rule.get("EventBusName", "default"))
    found = (target.get("RoleArn", "") for target in eventbridge._targets.get(key, []) if target["Arn"] == bus)
    return next(found, "")


def _allowed(role: str, sender: tuple[str, str], bus: str, policy: object, source: str) -> bool:
    """Whether the role may put events there, and the bus takes them from it."""
    account = sender[0]
    name = role.rpartition("/")[2]
    if not role or iam._roles.get_scoped(account, None, name) is None:
        return False
    context = _context(role, sender, bus, {"events:source": source, "events:eventbusinvocation": "true"})
    own = iam_evaluator.evaluate(context, iam_evaluator._gather_role_policies(name, account))
    return own.decision == "Allow" and _takes(policy, context)


def _context(role: str, sender: tuple[str, str], bus: str, keys: dict[str, str]) -> Any:  # noqa: ANN401 - the emulator's
    """What a policy is asked: whether a role of the sender's may put an event onto a bus."""
    account, region = sender
    organization = {"aws:principalorgid": _organization_of(account)}
    return iam_evaluator.EvalContext(
        principal_arn=role,
        principal_type="AssumedRole",
        principal_account=account,
        action="events:PutEvents",
        resource_arn=bus,
        region=region,
        principal_keys={key: value for key, value in {**keys, **organization}.items() if value},
    )


def _takes(policy: object, context: Any) -> bool:  # noqa: ANN401 - the emulator's
    document = json.dumps(policy) if isinstance(policy, dict) else policy
    return bool(iam_evaluator.evaluate_resource_policy(document, context).decision == "Allow")


def _organization_of(account: str) -> str:
    """The organization that an account leads or was made in, "" for none."""
    for leader, of_it in organizations._accounts._data:
        if of_it == account:
            found = organizations._orgs.get_scoped(leader, None, "self")
            return str(found["Id"]) if found else ""
    return ""
