"""What each function may do: what its adapters declare, on resources that are named, and nothing else."""

import pytest

from tests.template.loaded import loaded
from tests.template.stack import (
    FUNCTIONS,
    GLOBALS,
    ROLES,
    ROOT,
    TEXT,
    as_list,
    events,
    granted,
    role_statements,
    target,
)

each_function = pytest.mark.parametrize("function", FUNCTIONS)
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
POLLS = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
KEEPS_FAILURES = {"sqs:SendMessage"}
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
KNOW_NO_RESOURCE = {"ses:GetAccount", "ses:ListConfigurationSets", "ses:ListEmailIdentities"}
PAUSES = "ses:PutConfigurationSetSendingOptions"


def allowed_on(function, action):
    """The resources on which a function may do something."""
    return [
        resource
        for statement in role_statements(function)
        if statement["Effect"] == "Allow" and action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    ]


@each_function
def test_a_function_may_do_what_its_adapters_declare_and_log_and_take_what_comes(function):
    lambdas_own = LOGS | (POLLS if events(function, "SQS") else KEEPS_FAILURES)
    assert granted(function) == loaded(function).actions | lambdas_own


@each_function
def test_a_function_is_told_what_its_settings_read(function):
    given = FUNCTIONS[function]["Environment"]["Variables"]
    assert {name for name in given if not name.startswith("POWERTOOLS_")} == loaded(function).variables


@each_function
def test_powertools_is_told_the_stage_and_one_namespace(function):
    stage = function.removesuffix("Function").lower()
    assert FUNCTIONS[function]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == stage
    assert GLOBALS["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == "Sesguard"


def test_every_adapter_that_calls_aws_declares_its_actions():
    sources = {path.name: path.read_text() for path in (ROOT / "layers/sesguard/sesguard/aws").glob("*.py")}
    calling = {name for name, source in sources.items() if "from botocore.exceptions import" in source}
    declaring = {name for name, source in sources.items() if "\nACTIONS: Final = frozenset(" in source}
    assert calling - declaring == {"clients.py"}  # which makes clients and names their errors, and calls nothing


@each_function
def test_a_function_has_a_role_of_its_own_that_only_lambda_takes_on(function):
    role = target(FUNCTIONS[function]["Role"])
    assert role == function.replace("Function", "Role")
    (trust,) = ROLES[role]["AssumeRolePolicyDocument"]["Statement"]
    assert (trust["Principal"], trust["Action"]) == ({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole")
    assert "ManagedPolicyArns" not in ROLES[role]


@each_function
def test_no_action_is_a_pattern(function):
    assert not [action for action in granted(function) if "*" in action]


def test_a_resource_of_any_name_has_its_reason_beside_it():
    lines = [line for line in TEXT.splitlines() if "Resource: '*'" in line]
    assert lines
    assert [line for line in lines if len(line.partition("#")[2].split()) < 4] == []


@each_function
def test_only_metrics_and_lists_of_ses_know_no_narrower_resource_and_metrics_are_of_the_guards_namespace(function):
    anywhere = [each for each in role_statements(function) if each["Effect"] == "Allow" and each["Resource"] == "*"]
    for statement in anywhere:
        if set(as_list(statement["Action"])) <= KNOW_NO_RESOURCE:
            continue
        assert statement["Action"] == "cloudwatch:PutMetricData"
        assert statement["Condition"] == {"StringEqualsIfExists": {"cloudwatch:namespace": "Sesguard"}}


@each_function
def test_a_function_logs_only_into_its_group_and_reads_only_its_queue(function):
    assert [target(each) for each in allowed_on(function, "logs:PutLogEvents")] == [
        target(FUNCTIONS[function]["LoggingConfig"]["LogGroup"])
    ]
    queues = [target(event["Queue"]) for event in events(function, "SQS")]
    assert [target(each) for each in allowed_on(function, "sqs:ReceiveMessage")] == queues


@each_function
def test_a_function_touches_only_alarms_of_this_stacks_streams(function):
    for action in ("cloudwatch:PutMetricAlarm", "cloudwatch:SetAlarmState"):
        for resource in allowed_on(function, action):
            assert resource["Fn::Sub"].endswith(":alarm:sesguard-${AWS::StackName}-*")


def test_only_enforce_and_sweep_can_pause_and_never_the_guards_own_mail():
    assert {function for function in FUNCTIONS if PAUSES in granted(function)} == {"EnforceFunction", "SweepFunction"}
    for function in ("EnforceFunction", "SweepFunction"):
        (denied,) = [each for each in role_statements(function) if each["Effect"] == "Deny"]
        assert denied["Action"] == PAUSES
        assert denied["Resource"]["Fn::Sub"].endswith(":configuration-set/${NoticeConfigurationSet}")


def test_only_notify_can_send_and_only_as_the_sender_of_notices():
    assert {function for function in FUNCTIONS if "ses:SendEmail" in granted(function)} == {"NotifyFunction"}
    (sends,) = [each for each in role_statements("NotifyFunction") if each["Action"] == "ses:SendEmail"]
    assert sends["Condition"] == {"StringEqualsIfExists": {"ses:FromAddress": {"Ref": "NoticeSender"}}}
