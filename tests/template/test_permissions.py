"""What each function may do: what its adapters declare, on resources that are named, and nothing else."""

import re

import pytest

from tests.template.loaded import loaded
from tests.template.stack import (
    FUNCTIONS,
    GLOBALS,
    ROLES,
    ROOT,
    TEXT,
    allowed_on,
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
FOLLOWS = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
KNOW_NO_RESOURCE = {
    "cloudwatch:DescribeAlarms",  # where composite alarms are asked for
    "ses:GetAccount",
    "ses:ListConfigurationSets",
    "ses:ListEmailIdentities",
    "dynamodb:ListStreams",
}
PAUSES = "ses:PutConfigurationSetSendingOptions"


@each_function
def test_a_function_may_do_what_its_adapters_declare_and_log_and_take_what_comes(function):
    by_queue, by_browser = events(function, "SQS"), events(function, "HttpApi")
    lambdas_own = LOGS | (POLLS if by_queue else set() if by_browser else KEEPS_FAILURES)
    lambdas_own |= FOLLOWS if events(function, "DynamoDB") else set()
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
    sources = {path.name: path.read_text() for path in (ROOT / "layers/sesguard/sesguard/aws").rglob("*.py")}
    calling = {
        name
        for name, source in sources.items()
        if re.search(r"with calling(_unless)?\(|(?<!def )(write_if|write_still|every)\(|\(TableAdapter\):", source)
    }
    declaring = {name for name, source in sources.items() if "ACTIONS: " in source}
    assert calling - declaring == {"conditional.py", "table.py"}  # they make the calls of those that do


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
def test_only_metrics_and_lists_know_no_narrower_resource_and_metrics_are_of_the_guards_namespace(function):
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


def test_only_deliver_can_send_and_only_as_the_sender_of_notices():
    assert {function for function in FUNCTIONS if "ses:SendEmail" in granted(function)} == {"DeliverFunction"}
    (sends,) = [each for each in role_statements("DeliverFunction") if each["Action"] == "ses:SendEmail"]
    assert sends["Condition"] == {"StringEqualsIfExists": {"ses:FromAddress": {"Ref": "NoticeSender"}}}


def test_only_deliver_publishes_to_topics_and_only_to_the_operators_and_the_guards_by_name():
    assert {function for function in FUNCTIONS if "sns:Publish" in granted(function)} == {"DeliverFunction"}
    own, by_name = allowed_on("DeliverFunction", "sns:Publish")
    assert own == {"Ref": "OperatorTopic"}
    assert by_name["Fn::Sub"].endswith(":sns:*:*:sesguard-*")


def test_only_deliver_reads_the_secrets_of_channels_and_only_the_guards_by_name():
    assert {function for function in FUNCTIONS if "ssm:GetParameter" in granted(function)} == {"DeliverFunction"}
    (parameters,) = allowed_on("DeliverFunction", "ssm:GetParameter")
    assert parameters["Fn::Sub"].endswith(":parameter/sesguard/*")
    secrets, signing = allowed_on("DeliverFunction", "secretsmanager:GetSecretValue")
    assert secrets["Fn::Sub"].endswith(":secret:sesguard/*")
    assert signing == {"Ref": "SigningSecret"}


def test_only_onboard_sets_ses_up_and_nobody_whether_the_guards_own_mail_is_sent():
    setting_up = {"ses:CreateConfigurationSet", "ses:PutEmailIdentityConfigurationSetAttributes", "ses:CreateTenant"}
    assert {function for function in FUNCTIONS if setting_up & granted(function)} == {"OnboardFunction"}
    assert PAUSES not in granted("OnboardFunction")
    (denied,) = [each for each in role_statements("OnboardFunction") if each["Effect"] == "Deny"]
    assert {"ses:DeleteConfigurationSet", "ses:PutConfigurationSetDeliveryOptions"} <= set(denied["Action"])
    assert denied["Resource"]["Fn::Sub"].endswith(":configuration-set/${NoticeConfigurationSet}")


def test_register_and_onboard_never_write_the_registry():
    writes = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
    for function in ("RegisterFunction", "OnboardFunction"):
        assert not [
            each for action in writes for each in allowed_on(function, action) if target(each) == "TenantsTable"
        ]


def test_only_the_page_and_who_makes_links_to_it_know_what_they_are_signed_with():
    read = {function: allowed_on(function, "secretsmanager:GetSecretValue") for function in FUNCTIONS}
    knows = {function for function, secrets in read.items() if {"Ref": "SigningSecret"} in secrets}
    assert knows == {"PageFunction", "DeliverFunction"}


def test_the_page_touches_only_the_records_of_streams_and_their_journal_and_reads_the_brand():
    tables = {"StreamsTable", "IncidentsTable"}
    for action in granted("PageFunction"):
        if action.startswith("dynamodb:"):
            more = {"TenantsTable"} if action == "dynamodb:GetItem" else set()
            assert {target(each) for each in allowed_on("PageFunction", action)} <= tables | more


def test_of_the_registry_the_page_reads_the_item_of_the_brand_alone():
    statements = role_statements("PageFunction")
    (reads,) = [each for each in statements if target(each["Resource"]) == "TenantsTable"]
    assert reads["Action"] == "dynamodb:GetItem"
    assert reads["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["@notices"]}}
