"""Checks of what carries events, alarms and notices: topics, queues, functions, rules and alarms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sesguard.doctor.check import Check, Deployment, Finding, Severity
from sesguard.doctor.policy_document import ServiceRequest, lets_in

OLD: Final = timedelta(minutes=10)
"""Age of a queue's oldest message from which what it carries is late."""
ALARM_QUOTA: Final = 5_000
"""Alarms of an account and region, unless AWS has given more.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
"""
ALARMS_NEAR: Final = 0.9
_DEAD: Final = "DeadLetters"  # as template.yaml ends the names of such queues; tests/template holds it to that
_SWEEP: Final = "SweepFunction"


def _policies(at: Deployment) -> Iterator[Finding]:
    home, outputs = at.home, at.home.outputs
    ses, cloudwatch = "ses.amazonaws.com", "cloudwatch.amazonaws.com"
    any_set = home.arn("ses", "configuration-set/any")
    of_stream = home.arn("cloudwatch", f"alarm:{outputs.get('AlarmPrefix', '')}-any")
    of_guard = home.arn("cloudwatch", f"alarm:{home.stack}-any")
    topics = (("SesEventsTopicArn", ses, any_set), ("AlarmTopicArn", cloudwatch, of_stream))
    for output, service, source in (*topics, ("OperatorTopicArn", cloudwatch, of_guard)):
        topic = outputs.get(output)
        if topic:
            request = ServiceRequest(service, "sns:Publish", topic, source, home.account)
            if not lets_in(at.messaging.topic_policy(topic), request):
                yield Finding(output.removesuffix("Arn"), f"its policy does not let {service} publish")
    for output, queue in (("SesEventsTopicArn", "SesEventsQueueUrl"), ("AlarmTopicArn", "AlarmQueueUrl")):
        if outputs.get(output) and outputs.get(queue):
            yield from _link(at, outputs[output], outputs[queue], queue.removesuffix("Url"))


def _link(at: Deployment, topic: str, url: str, name: str) -> Iterator[Finding]:
    """A topic's messages reach a queue: there is a subscription, and the queue lets the topic in."""
    queue = at.home.arn("sqs", url.rpartition("/")[2])
    if not any(each.endpoint == queue and each.confirmed for each in at.messaging.subscriptions(topic)):
        yield Finding(name, f"is not subscribed to {topic.rpartition(':')[2]}: nothing arrives")
    request = ServiceRequest("sns.amazonaws.com", "sqs:SendMessage", queue, topic, at.home.account)
    if not lets_in(at.messaging.queue_policy(url), request):
        yield Finding(name, "its policy does not let sns.amazonaws.com send: nothing arrives")


def _sources(at: Deployment) -> Iterator[Finding]:
    for source in at.runtime.sources():
        if source.state not in ("Enabled", "Enabling", "Updating", "Creating"):
            yield Finding(source.function, f"its source {source.queue} is {source.state.lower()}")
    for rule in at.messaging.disabled_rules():
        remedy = f"aws events enable-rule, for the rule {rule} of the stack; or deploy again"
        yield Finding(rule, "is switched off", remedy)


def _throttled(at: Deployment) -> Iterator[Finding]:
    for function in at.runtime.functions():
        if function.reserved == 0:
            remedy = f"aws lambda delete-function-concurrency --function-name {function.name}"
            yield Finding(function.name, "may not run at all: its reserved concurrency is 0", remedy)
        elif function.throttles:
            said = f"was throttled {function.throttles:,.0f} times within an hour"
            yield Finding(function.name, said, severity=Severity.WARNING)


def _dead_letters(at: Deployment) -> Iterator[Finding]:
    for queue in at.messaging.queues():
        if queue.name.endswith(_DEAD) and queue.messages:
            yield Finding(queue.name, f"{queue.messages:,} messages that could not be handled")


def _ages(at: Deployment) -> Iterator[Finding]:
    for queue in at.messaging.queues():
        age = queue.oldest_seconds or 0
        if not queue.name.endswith(_DEAD) and age >= OLD.total_seconds():
            yield Finding(queue.name, f"its oldest message has waited {age / 60:,.0f} minutes")


def _swept(at: Deployment) -> Iterator[Finding]:
    for function in at.runtime.functions():
        if _SWEEP in function.name and not function.runs:
            yield Finding(function.name, "has not run within a quarter of an hour: no cool-down ends")


def _alarms(at: Deployment) -> Iterator[Finding]:
    alarms = at.runtime.alarms()
    ours = tuple(f"{prefix}-" for prefix in (at.home.stack, at.home.outputs.get("AlarmPrefix", "")) if prefix)
    for alarm in alarms:
        if alarm.name.startswith(ours):
            if not alarm.enabled:
                remedy = f"aws cloudwatch enable-alarm-actions --alarm-names {alarm.name}"
                yield Finding(alarm.name, "its actions are switched off: nobody hears it", remedy)
            elif not alarm.actions:
                yield Finding(alarm.name, "has no action: nobody hears it")
    if len(alarms) >= ALARMS_NEAR * ALARM_QUOTA:
        said = f"{len(alarms):,} of {ALARM_QUOTA:,} alarms: streams that turn bad may get none"
        remedy = "ask for more: Service Quotas, Amazon CloudWatch, Metric alarms; alarm: on_demand in the registry"
        yield Finding("alarms of the region", said, remedy, Severity.WARNING)


_STACK: Final = "cloudformation:ListStackResources"
_FUNCTIONS: Final = frozenset(
    {_STACK, "lambda:GetFunctionConfiguration", "lambda:GetFunctionConcurrency", "cloudwatch:GetMetricData"}
)
_QUEUES: Final = frozenset({_STACK, "sqs:GetQueueAttributes", "cloudwatch:GetMetricData"})

PIPELINE_CHECKS: Final = (
    Check(
        id="SG20",
        name="policies",
        title="topics and queues let in who has to get in",
        why="A policy that was changed by hand loses events without a word.",
        remedy="deploy the stack again; where only the policy was changed, put it back as template.yaml has it",
        severity=Severity.ERROR,
        actions=frozenset({"sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sqs:GetQueueAttributes"}),
        find=_policies,
    ),
    Check(
        id="SG21",
        name="sources",
        title="functions are fed",
        why="A source that is switched off stops counting, pausing or telling, and nothing fails.",
        remedy="aws lambda update-event-source-mapping --enabled",
        severity=Severity.ERROR,
        actions=frozenset({_STACK, "lambda:ListEventSourceMappings", "events:DescribeRule"}),
        find=_sources,
    ),
    Check(
        id="SG22",
        name="throttled",
        title="functions may run",
        why="A function that Lambda throttles is late, and pauses with it.",
        remedy="ask for more: Service Quotas, AWS Lambda, Concurrent executions",
        severity=Severity.ERROR,
        actions=_FUNCTIONS,
        find=_throttled,
    ),
    Check(
        id="SG23",
        name="dead-letters",
        title="nothing lies in a dead-letter queue",
        why="Each is an event that was not counted, a pause that was not made or a notice that was not sent.",
        remedy="mend the cause (the function's log names it), then sesguard redrive",
        severity=Severity.ERROR,
        actions=_QUEUES,
        find=_dead_letters,
    ),
    Check(
        id="SG24",
        name="queue-ages",
        title="nothing waits for long",
        why="A pause is as late as the events and alarms it rests on.",
        remedy="see throttled and sources; the function's log says what it fails of",
        severity=Severity.WARNING,
        actions=_QUEUES,
        find=_ages,
    ),
    Check(
        id="SG25",
        name="sweep",
        title="the sweep runs",
        why="It ends cool-downs and does what was left undone, every minute.",
        remedy="see sources and throttled; or deploy again",
        severity=Severity.ERROR,
        actions=_FUNCTIONS,
        find=_swept,
    ),
    Check(
        id="SG26",
        name="alarms",
        title="alarms reach somebody, and there is room for more",
        why="An alarm without an action changes its colour and nothing else.",
        remedy="deploy the stack again; a stream's own alarm may be deleted, and is made anew when it is needed",
        severity=Severity.ERROR,
        actions=frozenset({"cloudwatch:DescribeAlarms"}),
        find=_alarms,
    ),
)
