"""An alarm on metric math can stand in a template; it is kept, and set by hand it runs its actions."""

import json

import pytest

pytestmark = pytest.mark.emulator

TEMPLATE = {
    "Resources": {
        "Share": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": "share",
                "Metrics": [
                    {"Id": "share", "Expression": "failed / 10"},
                    {
                        "Id": "failed",
                        "ReturnData": False,
                        "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "M"}, "Period": 60, "Stat": "Sum"},
                    },
                ],
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanThreshold",
            },
        }
    }
}


def test_it_is_deployed_and_described(emulator):
    account = "777700001234"
    formation = emulator.client("cloudformation", account=account)
    formation.create_stack(StackName="math", TemplateBody=json.dumps(TEMPLATE))
    formation.get_waiter("stack_create_complete").wait(StackName="math", WaiterConfig={"Delay": 1})
    cloudwatch = emulator.client("cloudwatch", account=account)
    cloudwatch.set_alarm_state(AlarmName="share", StateValue="ALARM", StateReason="by hand")
    [alarm] = cloudwatch.describe_alarms(AlarmNames=["share"])["MetricAlarms"]
    assert alarm["StateValue"] == "ALARM"
