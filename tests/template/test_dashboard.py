"""The dashboard in CloudWatch: what it shows is published, of resources that there are, and can be turned off."""

from __future__ import annotations

import ast
import json
import re
from typing import Any, Final

import pytest

from sesguard.account.sums import REVIEW
from sesguard.detection.evidence import BOUNCES, COMPLAINTS
from sesguard.pausing.state import Status
from sesguard.pausing.swept import Swept
from sesguard.stream import StreamId
from sesguard.wiring.sweep_report import QUEUED, STATES, WORST, fleet_metrics, risk_metric
from tests.template.stack import ALARMS, FUNCTIONS, PARAMETERS, QUEUES, RESOURCES, ROOT, TABLES

RESOURCE: Final = RESOURCES["GuardDashboard"]
BODY: Final = json.loads(RESOURCE["Properties"]["DashboardBody"]["Fn::Sub"])
WIDGETS: Final[list[dict[str, Any]]] = BODY["widgets"]
ALL_METRICS: Final = [metric for widget in WIDGETS for metric in widget["properties"].get("metrics", ())]
METRICS: Final = [metric for metric in ALL_METRICS if isinstance(metric[0], str)]
SEARCHES: Final = [metric[0]["expression"] for metric in ALL_METRICS if isinstance(metric[0], dict)]
KINDS: Final = {"QueueName": QUEUES, "FunctionName": FUNCTIONS, "TableName": TABLES}
# What AWS itself publishes of what the template has, by its documentation (read 2026-11-26):
# https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
OF_AWS: Final = {
    "AWS/SES": {"Reputation.BounceRate": "", "Reputation.ComplaintRate": ""},
    "AWS/SQS": dict.fromkeys(("ApproximateAgeOfOldestMessage", "NumberOfMessagesSent"), "QueueName"),
    "AWS/Lambda": dict.fromkeys(("Errors", "Duration", "Throttles", "Invocations"), "FunctionName"),
    "AWS/DynamoDB": dict.fromkeys(("ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits"), "TableName"),
}


def published_by_sweep() -> set[str]:
    """The names of metrics in sweep's code, and those that a fleet may come to."""
    tree = ast.parse((ROOT / "functions" / "sweep" / "app.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "add_metric"
        and isinstance(call.args[0], ast.Constant)
    }
    return named | set(fleet_metrics(a_bad_day(), queued=3))


def a_bad_day() -> Swept:
    swept = Swept()
    swept.states.update(dict.fromkeys(Status, 1))
    swept.risks = {StreamId("1", "eu-west-1", f"s{number}"): 0.1 + number for number in range(WORST + 5)}
    return swept


@pytest.mark.parametrize("metric", METRICS, ids=lambda it: f"{it[0]} {it[1]} {it[-2]}")
def test_a_metric_is_published_with_these_dimensions(metric):
    namespace, name, *dimensions = [part for part in metric if isinstance(part, str)]
    if namespace == "Sesguard":
        assert name in published_by_sweep()
        assert dimensions == ["service", "sweep", "stack", "${AWS::StackName}"]
        return
    dimension = OF_AWS[namespace][name]
    assert dimensions[:1] == ([dimension] if dimension else [])
    if dimension:
        resource = re.fullmatch(r"\$\{(\w+)(?:\.QueueName)?\}", dimensions[1])
        assert resource is not None
        assert resource[1] in KINDS[dimension]


def test_all_that_is_published_for_it_is_on_it():
    shown = {metric[1] for metric in METRICS if metric[0] == "Sesguard"}
    assert {*STATES.values(), QUEUED, *map(risk_metric, range(1, WORST + 1))} <= shown


def test_every_alarm_of_the_guard_that_always_is_there_is_on_it():
    (widget,) = [it for it in WIDGETS if it["type"] == "alarm"]
    always = {name for name in ALARMS if "Condition" not in RESOURCES[name]}
    assert set(widget["properties"]["alarms"]) == {f"${{{name}.Arn}}" for name in always}


@pytest.mark.parametrize(
    ("metric", "review", "pause"), [(BOUNCES, "BounceRate", 0.1), (COMPLAINTS, "ComplaintRate", 0.005)]
)
def test_an_account_rate_stands_beside_the_lines_of_ses(metric, review, pause):
    (widget,) = [it for it in WIDGETS if any(review in str(each) for each in it["properties"].get("metrics", ()))]
    lines = {it["label"]: it["value"] for it in widget["properties"]["annotations"]["horizontal"]}
    assert lines == {"SES reviews": REVIEW[metric], "SES may pause": pause}


def sources(query: str) -> list[str]:
    return re.findall(r"SOURCE '\$\{(\w+)\}'", query)


QUERIES: Final = [it["properties"]["query"] for it in WIDGETS if it["type"] == "log"]


def test_lines_of_a_log_are_looked_for_in_the_log_of_the_function_that_writes_them():
    asked = [(query, line) for query in QUERIES for line in re.findall(r"message = '([^']+)'", query)]
    assert asked
    for query, line in asked:
        (group,) = sources(query)
        assert RESOURCES[group]["Type"] == "AWS::Logs::LogGroup"
        source = (ROOT / "functions" / group.removesuffix("Logs").lower() / "app.py").read_text()
        assert f'"{line}"' in source


def test_errors_by_cause_are_those_of_every_function():
    (query,) = [it for it in QUERIES if "level in" in it]
    assert set(sources(query)) == {name for name, it in RESOURCES.items() if it["Type"] == "AWS::Logs::LogGroup"}
    assert {name.removesuffix("Logs") + "Function" for name in sources(query)} == set(FUNCTIONS)


def test_messages_set_aside_by_ingest_are_searched_for_as_it_publishes_them():
    (search,) = SEARCHES
    published = ROOT / "layers" / "sesguard" / "sesguard" / "wiring" / "ingest_report.py"
    assert search == """SEARCH('{Sesguard,Reason} MetricName="RejectedMessages"', 'Sum', 300)"""
    assert '_measure("RejectedMessages", batch.rejected)' in published.read_text()


def test_widgets_lie_beside_each_other_within_24_columns():
    taken: set[tuple[int, int]] = set()
    for it in WIDGETS:
        cells = {(x, y) for x in range(it["x"], it["x"] + it["width"]) for y in range(it["y"], it["y"] + it["height"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken
        taken |= cells


def test_a_parameter_turns_it_off_with_its_metrics_and_says_its_price():
    assert RESOURCE["Condition"] == "HasDashboard"
    assert "$3 a month" in PARAMETERS["Dashboard"]["Description"]
    assert FUNCTIONS["SweepFunction"]["Environment"]["Variables"]["DASHBOARD"] == {"Ref": "Dashboard"}


def test_the_worst_are_ranked_and_nothing_is_published_of_a_healthy_platform():
    metrics = fleet_metrics(a_bad_day(), queued=3)
    assert (metrics["WorstRisk01"], metrics["WorstRisk20"], metrics["HeldStreams"]) == (24.1, 5.1, 1.0)
    assert fleet_metrics(Swept(), queued=0) == {}
