"""Alarms on metric math, which the emulator refuses in a template: kept and described, but not evaluated.

Such an alarm stays as it was last set; SetAlarmState runs its actions. Nothing that pauses rests on one.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html
"""

from typing import Any

from ministack.services.cloudformation import provisioners

from localcloud.gaps import patching

_record = patching.original(provisioners, "_cw_metric_alarm_record", "name props")
_STAND_IN = {"MetricName": "metric-math", "Namespace": "metric-math"}


def install() -> None:
    patching.replace(provisioners, "_cw_metric_alarm_record", "name props", record)


def record(name: str, props: dict[str, Any]) -> dict[str, Any]:
    """The alarm as the emulator keeps it. One on metric math has no metric's name, so nothing evaluates it."""
    metrics = props.get("Metrics")
    if not metrics:
        plain: dict[str, Any] = _record(name, props)
        return plain
    others = {key: value for key, value in props.items() if key != "Metrics"}
    kept: dict[str, Any] = _record(name, {**others, **_STAND_IN})
    return {**kept, "MetricName": "", "Namespace": "", "Metrics": metrics}
