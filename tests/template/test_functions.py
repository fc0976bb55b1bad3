"""Each function: what it runs on, what starts it, where its failures go, what it logs, who hears of trouble."""

import pytest

from sesguard.costs.own import SECOND_METRICS, TABLE_STREAMS_READ
from tests.template.stack import (
    ALARMS,
    DEAD_LETTERS,
    FUNCTIONS,
    GLOBALS,
    PARAMETERS,
    QUEUES,
    RESOURCES,
    ROOT,
    alarms_on,
    allowed_on,
    dead_letters_of,
    events,
    metrics_of,
    of_type,
    target,
)

LAYER = RESOURCES["SesguardLayer"]
each_function = pytest.mark.parametrize("function", FUNCTIONS)
each_reader = pytest.mark.parametrize("function", [name for name in FUNCTIONS if events(name, "SQS")])


def test_there_is_one_function_for_each_stage():
    assert set(FUNCTIONS) == {
        "IngestFunction",
        "EnforceFunction",
        "NotifyFunction",
        "DeliverFunction",
        "PageFunction",
        "SweepFunction",
        "RegisterFunction",
        "OnboardFunction",
        "PostureFunction",
    }


def test_every_function_runs_the_pinned_python_on_the_architecture_that_the_layer_is_built_for():
    assert GLOBALS["Runtime"] == "python3.13"
    assert LAYER["Properties"]["CompatibleRuntimes"] == ["python3.13"]
    assert GLOBALS["Architectures"] == LAYER["Properties"]["CompatibleArchitectures"] == ["arm64"]
    assert LAYER["Metadata"]["BuildArchitecture"] == "arm64"
    assert not any({"Runtime", "Architectures", "Layers"} & set(properties) for properties in FUNCTIONS.values())


def test_the_layer_takes_wheels_of_that_python_and_architecture():
    makefile = (ROOT / "layers/sesguard/Makefile").read_text()
    assert "--platform manylinux2014_aarch64 --implementation cp --python-version 3.13\n" in makefile


def test_every_function_has_the_layer_and_256_mb():
    assert [target(layer) for layer in GLOBALS["Layers"]] == ["SesguardLayer"]
    assert GLOBALS["MemorySize"] == 256


@each_function
def test_is_not_built_and_its_folder_holds_nothing_that_could_shadow_the_layer(function):
    assert RESOURCES[function]["Metadata"] == {"SkipBuild": True}
    folder = ROOT / FUNCTIONS[function]["CodeUri"]
    assert [path.name for path in folder.iterdir() if path.name != "__pycache__"] == ["app.py"]


@each_function
def test_logs_json_into_a_group_of_its_own_whose_retention_is_a_parameter(function):
    group = target(FUNCTIONS[function]["LoggingConfig"]["LogGroup"])
    assert GLOBALS["LoggingConfig"]["LogFormat"] == "JSON"
    assert of_type("AWS::Logs::LogGroup")[group]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    others = [name for name in FUNCTIONS if target(FUNCTIONS[name]["LoggingConfig"]["LogGroup"]) == group]
    assert others == [function]


# What an operator hears of first where a function fails or is throttled: the trouble itself, whatever its cause.
SYMPTOMS = {
    "IngestFunction": ("SesEventsAgeAlarm", "SesEventsQueue"),
    "EnforceFunction": ("AlarmAgeAlarm", "AlarmQueue"),
    "NotifyFunction": ("NotifyAgeAlarm", "NotifyQueue"),
    "DeliverFunction": ("DeliveryWaitsAlarm", "DeliveryQueue"),
    "PageFunction": ("PageFailuresAlarm", "PageApi"),
    "SweepFunction": ("SweepSilentAlarm", "sweep"),
    "RegisterFunction": ("RegisterAgeAlarm", "RegisterFunction"),
    "PostureFunction": ("PostureAgeAlarm", "PostureQueue"),
}


@each_function
def test_a_function_that_fails_or_is_throttled_is_told_to_the_operator_by_what_it_leaves_undone(function):
    if function == "OnboardFunction":  # which is started each minute, and whose failures are dead letters at once
        invoke = FUNCTIONS[function]["EventInvokeConfig"]
        assert (invoke["MaximumRetryAttempts"], invoke["MaximumEventAgeInSeconds"]) == (0, 60)
        assert target(invoke["DestinationConfig"]["OnFailure"]["Destination"]) in DEAD_LETTERS
        return
    alarm, watched = SYMPTOMS[function]
    values = [each["Value"] for metric in metrics_of(ALARMS[alarm]) for each in metric["Dimensions"]]
    assert watched in [value if isinstance(value, str) else target(value) for value in values]


@pytest.mark.parametrize("function", ["IngestFunction", "EnforceFunction", "DeliverFunction"])
def test_errors_on_the_way_to_a_pause_or_to_people_are_told_before_anything_waits(function):
    assert alarms_on("Errors", function)


@each_function
def test_who_may_write_to_its_own_trigger_may_recurse_and_nobody_else(function):
    # Lambda stops a function that starts itself by way of a queue after about 16 times, in the middle of its work:
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    own = {target(event["Queue"]) for event in events(function, "SQS")}
    writes = {target(queue) for queue in allowed_on(function, "sqs:SendMessage")}
    assert FUNCTIONS[function].get("RecursiveLoop") == ("Allow" if own & writes else None)


def test_those_whose_chains_are_long_and_are_stopped_all_the_same_are_told_to_the_operator():
    for function in ("EnforceFunction", "OnboardFunction"):
        (alarm,) = alarms_on("RecursiveInvocationsDropped", function)
        assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 1)


@each_reader
def test_failures_end_in_dead_letters(function):
    for event in events(function, "SQS"):
        assert dead_letters_of(target(event["Queue"])) in DEAD_LETTERS


@each_reader
def test_one_bad_message_fails_alone(function):
    for event in events(function, "SQS"):
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@each_reader
def test_messages_stay_hidden_for_six_timeouts_and_the_longest_batching_window(function):
    for event in events(function, "SQS"):
        window = PARAMETERS["BatchingWindowSeconds"]["MaxValue"] if "MaximumBatchingWindowInSeconds" in event else 0
        hidden = QUEUES[target(event["Queue"])]["VisibilityTimeout"]
        assert hidden >= 6 * FUNCTIONS[function]["Timeout"] + window


@each_reader
def test_what_a_flood_of_messages_can_start_is_bounded(function):
    for event in events(function, "SQS"):
        assert 2 <= event["ScalingConfig"]["MaximumConcurrency"] <= 10


def test_how_many_functions_queues_can_start_at_once_is_documented():
    at_once = [it["ScalingConfig"]["MaximumConcurrency"] for name in FUNCTIONS for it in events(name, "SQS")]
    assert f"event sources may use {sum(at_once)}." in (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")


def test_ingest_takes_batches_as_large_as_lambda_allows_which_needs_a_window():
    (event,) = events("IngestFunction", "SQS")
    assert event["BatchSize"] == 10_000
    assert event["MaximumBatchingWindowInSeconds"] == {"Ref": "BatchingWindowSeconds"}
    assert PARAMETERS["BatchingWindowSeconds"]["MinValue"] >= 1


def test_alarms_and_notices_are_handled_at_once():
    for function in ("EnforceFunction", "NotifyFunction", "DeliverFunction"):
        (event,) = events(function, "SQS")
        assert "MaximumBatchingWindowInSeconds" not in event


def test_a_slow_channel_holds_up_none_behind_it():
    (event,) = events("DeliverFunction", "SQS")
    assert event["BatchSize"] == 1


def test_sweep_starts_every_minute_and_is_done_before_the_next():
    (event,) = events("SweepFunction", "Schedule")
    assert event["Schedule"] == "rate(1 minute)"
    assert FUNCTIONS["SweepFunction"]["Timeout"] < 60


def test_a_sweep_that_cannot_start_or_fails_ends_in_dead_letters_untried():
    (event,) = events("SweepFunction", "Schedule")
    invoke = FUNCTIONS["SweepFunction"]["EventInvokeConfig"]
    assert target(event["DeadLetterConfig"]["Arn"]) == "SweepDeadLetters"
    assert target(invoke["DestinationConfig"]["OnFailure"]["Destination"]) == "SweepDeadLetters"
    assert event["RetryPolicy"]["MaximumRetryAttempts"] == invoke["MaximumRetryAttempts"] == 0


def test_a_sweep_that_never_comes_to_its_end_is_told_to_the_operator():
    alarm = ALARMS["SweepSilentAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Sesguard", "DeadLetters", "SampleCount")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"


def test_register_follows_the_registry_from_its_beginning_and_what_it_gives_up_ends_in_dead_letters():
    (event,) = events("RegisterFunction", "DynamoDB")
    assert event["StartingPosition"] == "TRIM_HORIZON"
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert event["BisectBatchOnFunctionError"] is True
    assert target(event["DestinationConfig"]["OnFailure"]["Destination"]) == "RegisterDeadLetters"
    assert event["MaximumRecordAgeInSeconds"] < 24 * 60 * 60  # when the stream forgets a record
    assert alarms_on("IteratorAge", "RegisterFunction")


def test_onboard_comes_back_every_minute_whatever_was_lost():
    (event,) = events("OnboardFunction", "Schedule")
    assert event["Schedule"] == "rate(1 minute)"
    invoke = FUNCTIONS["OnboardFunction"]["EventInvokeConfig"]
    assert target(event["DeadLetterConfig"]["Arn"]) == "OnboardDeadLetters"
    assert target(invoke["DestinationConfig"]["OnFailure"]["Destination"]) == "OnboardDeadLetters"


def test_the_page_answers_every_path_and_method_at_an_api_that_is_rate_limited_and_logs_no_address():
    (event,) = events("PageFunction", "HttpApi")
    assert event == {"ApiId": {"Ref": "PageApi"}, "PayloadFormatVersion": "2.0"}
    (api,) = of_type("AWS::Serverless::HttpApi").values()
    assert 0 < api["DefaultRouteSettings"]["ThrottlingRateLimit"] <= 100
    assert 0 < api["DefaultRouteSettings"]["ThrottlingBurstLimit"] <= 200
    assert not {"AccessLogSettings", "CorsConfiguration", "RouteSettings"} & set(api)


def test_the_page_is_done_before_its_api_gives_up_and_what_it_cannot_answer_is_told_to_the_operator():
    assert FUNCTIONS["PageFunction"]["Timeout"] < 30
    (alarm,) = alarms_on("5xx", "PageApi")
    assert alarm["AlarmActions"] == [{"Ref": "OperatorTopic"}]
    # One request of somebody's that fails is no alarm: a share of them is.
    (share,) = (each["Expression"] for each in alarm["Metrics"] if "Expression" in each)
    assert "failed / asked" in share
    assert 0 < alarm["Threshold"] < 1


def test_who_uses_up_the_rate_limit_of_the_page_is_seen():
    away = ALARMS["PageTurnsAwayAlarm"]
    assert away in alarms_on("Count", "PageApi")
    assert away in alarms_on("Invocations", "PageFunction")


def test_links_are_signed_with_a_secret_that_nobody_chose():
    (secret,) = of_type("AWS::SecretsManager::Secret").values()
    assert secret["GenerateSecretString"]["PasswordLength"] >= 43  # letters and digits for 256 bits of chance
    assert "SecretString" not in secret


def test_what_the_bill_takes_for_alarms_and_polls_is_what_the_template_has():
    assert sum(len(metrics_of(alarm)) - 1 for alarm in ALARMS.values()) == SECOND_METRICS
    assert sum(len(events(name, "DynamoDB")) for name in FUNCTIONS) == TABLE_STREAMS_READ
