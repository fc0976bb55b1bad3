"""A rule forwards to a bus of another account or region, where its role and that bus's policy let it.

The emulator hands events to buses of the same account and region only, and forgets the policy that a template gives a
bus. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html: such a target needs a role; the
bus's policy names the organization by aws:PrincipalOrgID; in the event ``account`` and ``region`` stay the sender's.
"""

import json
import logging
from collections.abc import Collection
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge, iam, organizations
from ministack.services.cloudformation import provisioners

from localcloud.gaps import patching

log = logging.getLogger("localcloud.account_buses")
_PARAMETERS = "spec event rule event_path target_input_payload"
_dispatch = patching.original(eventbridge, "_dispatch_to_event_bus", _PARAMETERS)
_create = patching.original(provisioners, "_eb_event_bus_create", "logical_id props stack_name")


def install() -> None:
    patching.replace(eventbridge, "_dispatch_to_event_bus", _PARAMETERS, forward)
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


def _role_for(bus: str, rule: dict[str, Any]) -> str:
    key = eventbridge._rule_key(rule["Name"], rule.get("EventBusName", "default"))
    found = (target.get("RoleArn", "") for target in eventbridge._targets.get(key, []) if target["Arn"] == bus)
    return next(found, "")


def _allowed(role: str, sender: tuple[str, str], bus: str, policy: object, source: str) -> bool:
    """Whether the role may put events there, and the bus takes them from it."""
    account, region = sender
    name = role.rpartition("/")[2]
    if not role or iam._roles.get_scoped(account, None, name) is None:
        return False
    keys = {
        "aws:principalorgid": _organization_of(account),
        "events:source": source,
        "events:eventbusinvocation": "true",
    }
    context = iam_evaluator.EvalContext(
        principal_arn=role,
        principal_type="AssumedRole",
        principal_account=account,
        action="events:PutEvents",
        resource_arn=bus,
        region=region,
        principal_keys={key: value for key, value in keys.items() if value},
    )
    own = iam_evaluator.evaluate(context, iam_evaluator._gather_role_policies(name, account))
    document = json.dumps(policy) if isinstance(policy, dict) else policy
    theirs = iam_evaluator.evaluate_resource_policy(document, context)
    return (own.decision, theirs.decision) == ("Allow", "Allow")


def _organization_of(account: str) -> str:
    """The organization that an account leads or was made in, "" for none."""
    for leader, of_it in organizations._accounts._data:
        if of_it == account:
            found = organizations._orgs.get_scoped(leader, None, "self")
            return str(found["Id"]) if found else ""
    return ""
