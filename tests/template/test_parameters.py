"""Parameters and outputs, as a newcomer meets them."""

import re
from typing import Any

import pytest

from tests.template.stack import OUTPUTS, PARAMETERS, RESOURCES, ROOT, TEMPLATE, references

UNITS = {
    "BatchingWindowSeconds": "Seconds",
    "HistoryDays": "Days",
    "HourlyPauses": "Pauses",
    "HourlyPausesShare": "Share",
    "IncidentRetentionDays": "Days",
    "LinkDays": "Days",
    "PostureApartSeconds": "Seconds",
    "PostureLooks": "Looks",
    "LogRetentionDays": "Days",
    "ShieldBounceRate": "Rate",
    "ShieldComplaintRate": "Rate",
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_says_what_it_is_and_what_it_may_be(name):
    parameter = PARAMETERS[name]
    assert len(parameter["Description"]) > 40
    assert parameter["Type"] in ("String", "Number")
    assert {"AllowedValues", "AllowedPattern", "MinValue"} & set(parameter)


@pytest.mark.parametrize("name", [name for name in PARAMETERS if PARAMETERS[name]["Type"] == "Number"])
def test_a_number_has_a_unit_in_its_name_and_description(name):
    assert name.endswith(UNITS[name])
    assert UNITS[name] in PARAMETERS[name]["Description"]


@pytest.mark.parametrize("name", [name for name in PARAMETERS if "Default" in PARAMETERS[name]])
def test_a_default_is_among_what_is_allowed(name):
    assert _allows(PARAMETERS[name], PARAMETERS[name]["Default"])


def _allows(parameter: dict[str, Any], value: Any) -> bool:
    if "AllowedValues" in parameter:
        return value in parameter["AllowedValues"]
    if "AllowedPattern" in parameter:
        return re.fullmatch(parameter["AllowedPattern"], value) is not None
    return bool(parameter["MinValue"] <= value <= parameter["MaxValue"])


def test_every_parameter_is_used():
    used = set(references(RESOURCES)) | set(references(TEMPLATE["Conditions"]))
    assert set(PARAMETERS) <= used


def test_every_parameter_is_in_a_group():
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(PARAMETERS)


def test_every_parameter_is_documented_with_its_default():
    rows = re.findall(
        r"^\| `(\w+)` \| (.*?) \|", (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    defaults = {name: parameter.get("Default") for name, parameter in PARAMETERS.items()}
    shown = {None: "has to be given", "": "none"}
    expected = {name: shown.get(default, f"`{default}`") for name, default in defaults.items()}
    assert {name: said for name, said in rows if not name.endswith("Table")} == expected


def test_only_the_sender_of_notices_must_be_given():
    assert [name for name in PARAMETERS if "Default" not in PARAMETERS[name]] == ["NoticeSender"]


@pytest.mark.parametrize("sender", ["guard@example.com", "mail+guard@mail.example.co.uk"])
def test_a_sender_is_an_address(sender):
    assert _allows(PARAMETERS["NoticeSender"], sender)


@pytest.mark.parametrize(
    "sender", ["", "guard", "guard@localhost", "Guard <guard@example.com>", "a@b.c,d@e.f", "a b@c.de"]
)
def test_a_sender_is_nothing_else(sender):
    assert not _allows(PARAMETERS["NoticeSender"], sender)


@pytest.mark.parametrize(("seconds", "allowed"), [(0, False), (1, True), (60, True), (61, False)])
def test_the_batching_window_is_between_one_second_and_a_minute(seconds, allowed):
    assert _allows(PARAMETERS["BatchingWindowSeconds"], seconds) is allowed


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("", True),
        ("https://mail.example.com", True),
        ("https://mail.example.com/", True),
        ("https://mail.example.com/guard/acknowledge", True),
        ("http://127.0.0.1:4566/acknowledge", True),
        ("http://mail.example.com/acknowledge", False),
        ("https://mail.example.com/acknowledge?x=1", False),
        ("https://mail.example.com/#top", False),
        ("https://user@mail.example.com/", False),
        ("https://mail example.com/", False),
        ("mail.example.com", False),
    ],
)
def test_the_page_has_an_address_of_its_own_under_tls_or_none(address, allowed):
    assert _allows(PARAMETERS["PageUrl"], address) is allowed


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_output_says_what_it_is_for(name):
    assert len(OUTPUTS[name]["Description"]) > 20


@pytest.mark.parametrize(
    "name", ["SesEventsTopicArn", "AlarmTopicArn", "OperatorTopicArn", "GuardBusName", "TenantsTableName"]
)
def test_what_others_connect_to_is_an_output(name):
    assert name in OUTPUTS


@pytest.mark.parametrize(
    ("source", "target", "to_topic"),
    [
        ("sns", "sns", True),
        ("sns", "eventbridge", True),
        ("both", "sns", True),
        ("both", "eventbridge", False),
        ("eventbridge", "sns", False),
        ("eventbridge", "eventbridge", False),
    ],
)
def test_sets_publish_to_what_the_guard_listens_to_and_while_moving_to_where_they_move(source, target, to_topic):
    values = {"EventSource": source, "EventTarget": target}
    variables = RESOURCES["OnboardFunction"]["Properties"]["Environment"]["Variables"]
    condition, topic, _ = variables["EVENT_TARGET_ARN"]["Fn::If"]
    assert (condition, topic) == ("ToTopic", {"Ref": "SesEventsTopic"})
    assert _holds(TEMPLATE["Conditions"]["ToTopic"], values) is to_topic
    if to_topic:
        assert _holds(TEMPLATE["Conditions"]["FromSns"], values)


def _holds(condition: dict[str, Any], values: dict[str, str]) -> bool:
    ((name, content),) = condition.items()
    match name:
        case "Fn::Equals":
            one, other = (values[each["Ref"]] if isinstance(each, dict) else each for each in content)
            return bool(one == other)
        case "Fn::Not":
            return not _holds(content[0], values)
        case "Fn::And":
            return all(_holds(each, values) for each in content)
    assert name == "Fn::Or"
    return any(_holds(each, values) for each in content)
