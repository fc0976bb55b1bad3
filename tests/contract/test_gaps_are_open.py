"""The emulator as published still lacks what `localcloud/gaps` adds. A failure here means that code can go."""

import json
import subprocess
import time
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError

from localcloud.cloud import PYTHON, ROOT
from tests.contract.conftest import Account
from tests.contract.test_dynamodb import a_table
from tests.contract.test_firehose import a_stream, delivers, put_events, put_rule, stored
from tests.contract.test_functions import begins_with_the_library, where_its_code_is
from tests.contract.test_rules import PUTS_TARGETS
from tests.contract.test_ses_control import TAGGED
from tests.contract.test_table_streams import FAILS_BAD, RAISES_AT_BAD, Read
from tests.contract.test_templates import API, call, deployed

pytestmark = pytest.mark.emulator

CONTENT = {"Simple": {"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello"}}}}
MAIL = {
    "FromEmailAddress": "news@acme.example",
    "Destination": {"ToAddresses": ["gone@customer.example"]},
    "Content": CONTENT,
}


def is_closed(module):
    """What to do about an emulator that no longer has a gap."""
    return f"the emulator does this itself now: see what of localcloud/gaps/{module} can be deleted"


def put_alarm(account, name="risk", **overrides):
    settings = {
        "Namespace": "Sesguard",
        "MetricName": "Risk",
        "Dimensions": [{"Name": "ConfigurationSet", "Value": name}],
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }
    account.cloudwatch.put_metric_alarm(AlarmName=name, **{**settings, **overrides})


def put_risk(account, dimension="risk"):
    dimensions = [{"Name": "ConfigurationSet", "Value": dimension}]
    datum = {"MetricName": "Risk", "Dimensions": dimensions, "Value": 2.0}
    account.cloudwatch.put_metric_data(Namespace="Sesguard", MetricData=[datum])


def state(account, name="risk"):
    return account.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]


def a_paused_set(account):
    account.sesv2.create_email_identity(EmailIdentity="acme.example")
    account.sesv2.create_configuration_set(ConfigurationSetName="acme-news", SendingOptions={"SendingEnabled": False})


def test_alarms_ignore_dimensions(bare):
    put_alarm(bare, "acme")
    put_risk(bare, "other")
    assert state(bare, "acme") == "ALARM", is_closed("alarms.py")


def test_alarms_ignore_how_many_periods_must_breach(bare):
    put_alarm(bare, EvaluationPeriods=3, DatapointsToAlarm=3)
    put_risk(bare)
    assert state(bare) == "ALARM", is_closed("alarm_rule.py")


@pytest.mark.parametrize("treatment", ["breaching", "notBreaching"])
def test_alarms_ignore_how_missing_data_is_to_be_treated(bare, treatment):
    put_alarm(bare, TreatMissingData=treatment)
    assert state(bare) == "INSUFFICIENT_DATA", is_closed("alarm_rule.py")


def test_alarms_are_evaluated_when_metric_data_is_put(bare):
    put_alarm(bare)
    put_risk(bare)
    assert state(bare) == "ALARM", is_closed("alarms.py")


def test_alarm_messages_lack_the_arn_and_write_dimensions_otherwise(bare):
    topic = bare.topic("cloudwatch.amazonaws.com")
    queue = bare.subscribed_queue(topic)
    put_alarm(bare, AlarmActions=[topic])
    bare.cloudwatch.set_alarm_state(AlarmName="risk", StateValue="ALARM", StateReason="test")
    (body,) = bare.bodies(queue, lambda taken: len(taken) == 1)
    message = json.loads(body)
    assert "AlarmArn" not in message, is_closed("alarm_messages.py")
    assert set(message["Trigger"]["Dimensions"][0]) == {"Name", "Value"}, is_closed("alarm_messages.py")


def test_alarms_tell_eventbridge_nothing(bare):
    queue = bare.queue_of_events({"source": ["aws.cloudwatch", "test"]})
    put_alarm(bare)
    bare.cloudwatch.set_alarm_state(AlarmName="risk", StateValue="ALARM", StateReason="test")
    bare.events.put_events(Entries=[{"Source": "test", "DetailType": "end", "Detail": "{}"}])
    (body,) = bare.bodies(queue, lambda taken: len(taken) >= 1)
    assert json.loads(body)["source"] == "test", is_closed("alarms.py")


def test_alarms_publish_to_topics_that_forbid_it(bare):
    topic = bare.topic("ses.amazonaws.com")
    queue = bare.subscribed_queue(topic)
    put_alarm(bare, AlarmActions=[topic])
    bare.cloudwatch.set_alarm_state(AlarmName="risk", StateValue="ALARM", StateReason="test")
    bare.sns.publish(TopicArn=topic, Message="end")
    assert bare.bodies(queue, lambda taken: "end" in taken) != ["end"], is_closed("topics.py")


def test_rules_send_to_queues_that_forbid_it(bare):
    queue = bare.queue_of_events({"source": ["test"]}, Policy="")
    bare.events.put_events(Entries=[{"Source": "test", "DetailType": "event", "Detail": "{}"}])
    assert len(bare.bodies(queue, lambda taken: len(taken) == 1)) == 1, is_closed("rules.py")


def test_ses_sends_mail_of_a_paused_configuration_set(bare):
    a_paused_set(bare)
    assert bare.sesv2.send_email(**MAIL, ConfigurationSetName="acme-news")["MessageId"], is_closed("ses.py")


def test_ses_sends_mail_of_an_unknown_configuration_set(bare):
    a_paused_set(bare)
    assert bare.sesv2.send_email(**MAIL, ConfigurationSetName="unknown")["MessageId"], is_closed("ses.py")


def test_the_old_api_does_not_know_the_configuration_sets_of_the_new_one(bare):
    a_paused_set(bare)
    content = {"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello."}}}
    with pytest.raises(ClientError) as unknown:
        bare.ses.send_email(
            Source="news@acme.example",
            Destination=MAIL["Destination"],
            Message=content,
            ConfigurationSetName="acme-news",
        )
    assert unknown.value.response["Error"]["Code"] == "ConfigurationSetDoesNotExist", is_closed("ses_old_api.py")


def test_ses_publishes_no_events(bare):
    topic = bare.topic("ses.amazonaws.com")
    queue = bare.subscribed_queue(topic)
    a_paused_set(bare)
    bare.sesv2.create_configuration_set_event_destination(
        ConfigurationSetName="acme-news",
        EventDestinationName="guard",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND", "BOUNCE"],
            "SnsDestination": {"TopicArn": topic},
        },
    )
    bare.sesv2.send_email(**MAIL, ConfigurationSetName="acme-news")
    bare.sns.publish(TopicArn=topic, Message="end")
    assert bare.bodies(queue, lambda taken: "end" in taken) == ["end"], is_closed("ses_publishing.py")


def test_ses_lacks_the_pause_of_an_account(bare):
    with pytest.raises(ClientError) as missing:
        bare.sesv2.put_account_sending_attributes(SendingEnabled=False)
    assert "Unknown SES v2 path" in str(missing.value), is_closed("ses.py")


def test_ses_lacks_default_configuration_sets(bare):
    a_paused_set(bare)
    with pytest.raises(ClientError) as missing:
        bare.sesv2.put_email_identity_configuration_set_attributes(
            EmailIdentity="acme.example", ConfigurationSetName="acme-news"
        )
    assert "Unknown SES v2 path" in str(missing.value), is_closed("ses_identities.py")


def test_sending_is_not_authorised_by_identity(bare):
    bare.sesv2.create_email_identity(EmailIdentity="acme.example")
    role = bare.role(["ses:SendEmail"], [f"arn:aws:ses:us-east-1:{bare.id}:identity/acme.example"])
    code = """
import boto3

def handler(event, context):
    return boto3.client("sesv2").send_email(**event)["MessageId"]
"""
    answer = bare.invoke(bare.function(role, code), MAIL)
    assert "AccessDenied" in json.dumps(answer), is_closed("ses_permissions.py")


def test_batches_of_a_queue_hold_ten_messages_at_most(bare):
    url, arn = bare.queue("work")
    reports, _ = bare.queue("reports")
    code = """
import boto3

def handler(event, context):
    queue = event["Records"][0]["body"]
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=str(len(event["Records"])))
"""
    function = bare.function(bare.role(["sqs:*"], ["*"]), code)
    for start in (0, 10, 20):
        entries = [{"Id": str(n), "MessageBody": reports} for n in range(start, start + 10)]
        bare.sqs.send_message_batch(QueueUrl=url, Entries=entries)
    bare.client("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName=function, BatchSize=1000, MaximumBatchingWindowInSeconds=2
    )
    sizes = bare.bodies(reports, lambda taken: sum(map(int, taken)) == 30)
    assert max(map(int, sizes)) == 10, is_closed("batching.py")


def test_queues_publish_no_metrics_and_invocations_by_a_queue_are_not_counted(bare):
    url, arn = bare.queue("work")
    reports, _ = bare.queue("reports")
    code = """
import boto3

def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=event["Records"][0]["body"], MessageBody="done")
"""
    function = bare.function(bare.role(["sqs:*"], ["*"]), code)
    bare.client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName=function)
    bare.sqs.send_message(QueueUrl=url, MessageBody=reports)
    bare.bodies(reports, lambda taken: len(taken) == 1)
    assert bare.cloudwatch.list_metrics()["Metrics"] == [], is_closed("service_metrics.py")


def test_metrics_embedded_in_the_log_are_not_published(bare):
    code = """
import json

def handler(event, context):
    directive = {"Namespace": "Sesguard", "Dimensions": [[]], "Metrics": [{"Name": "Rejected"}]}
    print(json.dumps({"_aws": {"Timestamp": event["now"], "CloudWatchMetrics": [directive]}, "Rejected": 1}))
"""
    function = bare.function(bare.role(["sqs:*"], ["*"]), code)
    bare.invoke(function, {"now": int(time.time() * 1000)})
    assert bare.cloudwatch.list_metrics(Namespace="Sesguard")["Metrics"] == [], is_closed("embedded_metrics.py")


def test_a_name_that_moved_keeps_the_local_cloud_from_starting():
    program = """
from ministack.services import cloudwatch
del cloudwatch._evaluate_alarm
from localcloud import gaps
gaps.install()
"""
    done = subprocess.run([PYTHON, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode != 0
    assert "ministack.services.cloudwatch._evaluate_alarm: expected parameters alarm, found no such function" in (
        done.stderr
    )


def test_tenants_cannot_be_stopped(bare):
    arn = bare.sesv2.create_tenant(TenantName="acme")["TenantArn"]
    with pytest.raises(ClientError):
        bare.sesv2.update_reputation_entity_customer_managed_status(
            ReputationEntityType="RESOURCE", ReputationEntityReference=arn, SendingStatus="DISABLED"
        )
    assert bare.sesv2.get_tenant(TenantName="acme")["Tenant"]["SendingStatus"] == "ENABLED", is_closed("ses_tenants.py")


SES_REFUSES = {
    "a name": lambda ses: ses.create_configuration_set(ConfigurationSetName="acme news"),
    "a pool": lambda ses: ses.create_configuration_set(
        ConfigurationSetName="other", DeliveryOptions={"SendingPoolName": "other"}
    ),
    "a TLS policy": lambda ses: ses.put_configuration_set_delivery_options(
        ConfigurationSetName="acme-news", TlsPolicy="ALWAYS"
    ),
    "a pool's name": lambda ses: ses.create_dedicated_ip_pool(PoolName="A pool"),
    "what is there": lambda ses: ses.create_email_identity(EmailIdentity="acme.example"),
    "what is not there": lambda ses: ses.delete_configuration_set(ConfigurationSetName="other"),
    "an identity that is not there": lambda ses: ses.delete_email_identity(EmailIdentity="other.example"),
    "a topic that is not there": lambda ses: ses.create_configuration_set_event_destination(
        ConfigurationSetName="acme-news",
        EventDestinationName="guard",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND"],
            "SnsDestination": {"TopicArn": "arn:aws:sns:us-east-1:111122223333:other"},
        },
    ),
}


@pytest.mark.parametrize("what", SES_REFUSES)
def test_ses_takes_what_it_should_refuse(bare, what):
    a_paused_set(bare)
    status = SES_REFUSES[what](bare.sesv2)["ResponseMetadata"]["HTTPStatusCode"]
    assert status == 200, is_closed("ses_rules.py")


def test_ses_does_not_change_how_a_pool_scales(bare):
    bare.sesv2.create_dedicated_ip_pool(PoolName="main")
    with pytest.raises(ClientError) as missing:
        bare.sesv2.put_dedicated_ip_pool_scaling_attributes(PoolName="main", ScalingMode="MANAGED")
    assert "Unknown SES v2 path" in str(missing.value), is_closed("ses_rules.py")


def test_ses_knows_no_dedicated_addresses(bare):
    bare.sesv2.create_dedicated_ip_pool(PoolName="main")
    with pytest.raises(ClientError) as missing:
        bare.sesv2.get_dedicated_ips(PoolName="main")
    assert "Unknown SES v2 path" in str(missing.value), is_closed("ses_addresses.py")


def test_ses_tenants_have_no_reputation_policy(bare):
    arn = bare.sesv2.create_tenant(TenantName="acme")["TenantArn"]
    with pytest.raises(ClientError):
        bare.sesv2.update_reputation_entity_policy(
            ReputationEntityType="RESOURCE",
            ReputationEntityReference=arn,
            ReputationEntityPolicy="arn:aws:ses:us-east-1:aws:reputation-policy/none",
        )


def test_a_subscription_that_is_not_confirmed_is_listed_by_its_arn(bare):
    sns = bare.client("sns")
    topic = sns.create_topic(Name="pending")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://127.0.0.1:9/pager")
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"].startswith("arn:"), is_closed("subscriptions.py")


def test_who_reads_a_functions_concurrency_needs_the_right_to_set_it(bare):
    role = bare.role(["lambda:GetFunctionConcurrency"], ["*"])
    code = """
import boto3

def handler(event, context):
    return boto3.client("lambda").get_function_concurrency(FunctionName=context.function_name)
"""
    answer = bare.invoke(bare.function(role, code), {})
    assert "AccessDenied" in json.dumps(answer), is_closed("queue_permissions.py")


def test_identities_show_the_tags_that_they_were_made_with(bare):
    a_paused_set(bare)
    tag = {"Key": "tenant", "Value": "acme"}
    bare.sesv2.tag_resource(ResourceArn=f"arn:aws:ses:us-east-1:{bare.id}:identity/acme.example", Tags=[tag])
    assert bare.sesv2.get_email_identity(EmailIdentity="acme.example")["Tags"] == [], is_closed("ses_identities.py")


def test_tags_are_not_authorised_by_resource(bare):
    a_paused_set(bare)
    resource = f"arn:aws:ses:us-east-1:{bare.id}:configuration-set/acme-news"
    role = bare.role(["ses:TagResource"], [resource])
    code = """
import boto3

def handler(event, context):
    return boto3.client("sesv2").tag_resource(**event)
"""
    answer = bare.invoke(bare.function(role, code), {"ResourceArn": resource, "Tags": [{"Key": "a", "Value": "b"}]})
    assert "AccessDenied" in json.dumps(answer), is_closed("ses_permissions.py")


def test_tags_that_a_call_of_ses_gives_are_no_condition(bare):
    role = bare.role(["ses:CreateEmailIdentity"], ["*"])
    bare.iam.put_role_policy(RoleName="role", PolicyName="policy", PolicyDocument=json.dumps(TAGGED))
    code = """
import boto3

def handler(event, context):
    return boto3.client("sesv2").create_email_identity(**event)
"""
    named = {"EmailIdentity": "acme.example", "Tags": [{"Key": "sesguard", "Value": "sesguard"}]}
    answer = bare.invoke(bare.function(role, code), named)
    assert "AccessDenied" in json.dumps(answer), is_closed("ses_permissions.py")


def test_records_of_a_stream_that_are_reported_as_failed_are_lost(bare):
    table = Read(bare, FAILS_BAD, FunctionResponseTypes=["ReportBatchItemFailures"]).put("bad").start()
    assert table.batches(until=["bad"]) == [["bad"]]
    table.put("next")
    assert table.batches(until=["next"]) == [["next"]], is_closed("table_streams.py")


def test_a_stream_is_stuck_at_what_fails(bare):
    table = Read(bare, RAISES_AT_BAD, MaximumRetryAttempts=0).put("bad").start()
    assert table.batches(until=["bad"]) == [["bad"]]
    table.put("next")
    assert table.batches(until=["bad", "next"]) != [["next"]], is_closed("table_streams.py")


def test_an_http_api_has_no_routes_of_its_document(bare):
    api = deployed(bare, API, Api={"Ref": "Api"})["Api"]
    routes = bare.apigatewayv2.get_routes(ApiId=api)["Items"]
    assert routes == [], is_closed("http_apis.py")


def test_an_http_api_answers_its_own_account_alone(bare):
    api = bare.apigatewayv2.create_api(Name="api", ProtocolType="HTTP", Target="arn:aws:lambda:::function:x")["ApiId"]
    with pytest.raises(HTTPError) as missing:
        call(bare, api, "/")
    missing.value.close()
    assert missing.value.code == 404, is_closed("http_apis.py")


def test_a_reference_to_a_secret_is_its_name(bare):
    secret = {
        "Type": "AWS::SecretsManager::Secret",
        "Properties": {"GenerateSecretString": {"ExcludePunctuation": True}},
    }
    reference = deployed(bare, {"Key": secret}, Key={"Ref": "Key"})["Key"]
    assert not reference.startswith("arn:"), is_closed("secrets.py")


def test_several_messages_need_a_permission_that_aws_does_not_know(bare):
    url, arn = bare.queue("work")
    role = bare.role(["sqs:SendMessage"], [arn])
    code = """
import boto3

def handler(event, context):
    entries = [{"Id": "1", "MessageBody": "x"}]
    return boto3.client("sqs").send_message_batch(QueueUrl=event["url"], Entries=entries)["Successful"][0]["Id"]
"""
    answer = bare.invoke(bare.function(role, code), {"url": url})
    assert "AccessDenied" in json.dumps(answer), is_closed("queue_permissions.py")


def test_alarms_are_not_deleted_by_name(bare):
    put_alarm(bare)
    role = bare.role(["cloudwatch:DeleteAlarms"], [f"arn:aws:cloudwatch:us-east-1:{bare.id}:alarm:risk"])
    code = """
import boto3

def handler(event, context):
    boto3.client("cloudwatch").delete_alarms(AlarmNames=["risk"])
"""
    answer = bare.invoke(bare.function(role, code), {})
    assert "AccessDenied" in json.dumps(answer), is_closed("alarm_permissions.py")


def test_sets_do_not_keep_whose_suppression_list_is_used(bare):
    a_paused_set(bare)
    bare.sesv2.put_configuration_set_suppression_options(ConfigurationSetName="acme-news", SuppressionScope="TENANT")
    kept = bare.sesv2.get_configuration_set(ConfigurationSetName="acme-news")
    assert "SuppressionScope" not in kept.get("SuppressionOptions", {}), is_closed("ses_rules.py")


def test_the_targets_of_a_rule_need_permission_on_its_bus(bare):
    bare.events.put_rule(Name="drill", EventPattern='{"source": ["sesguard"]}')
    role = bare.role(["events:PutTargets"], [f"arn:aws:events:us-east-1:{bare.id}:rule/drill"])
    answer = bare.invoke(bare.function(role, PUTS_TARGETS), {"queue": bare.queue("work")[1]})
    assert "AccessDenied" in json.dumps(answer), is_closed("named_resources.py")


def test_a_rule_hands_nothing_to_a_bus_of_another_region(bare):
    far = bare.emulator.client("events", account=bare.id, region="eu-west-1")
    bus = far.create_event_bus(Name="centre")["EventBusArn"]
    policy = {"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": bus}
    far.put_permission(EventBusName="centre", Policy=json.dumps({"Version": "2012-10-17", "Statement": [policy]}))
    trust = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = bare.iam.create_role(RoleName="forward", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    bare.iam.put_role_policy(RoleName="forward", PolicyName="put", PolicyDocument=document)
    sqs = bare.emulator.client("sqs", account=bare.id, region="eu-west-1")
    queue = sqs.create_queue(QueueName="there")["QueueUrl"]
    here = f"arn:aws:sqs:eu-west-1:{bare.id}:there"
    far.put_rule(Name="take", EventBusName="centre", EventPattern='{"source": ["test"]}')
    far.put_targets(Rule="take", EventBusName="centre", Targets=[{"Id": "queue", "Arn": here}])
    bare.events.put_rule(Name="forward", EventPattern='{"source": ["test"]}')
    bare.events.put_targets(Rule="forward", Targets=[{"Id": "bus", "Arn": bus, "RoleArn": role}])
    bare.events.put_events(Entries=[{"Source": "test", "DetailType": "event", "Detail": "{}"}])
    found = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=3).get("Messages", [])
    assert found == [], is_closed("account_buses.py")


def test_each_execution_environment_unpacks_its_code_anew(bare_emulator):
    places = {where_its_code_is(Account(bare_emulator)) for _ in range(2)}
    assert len(places) == 2, is_closed("unpacked_code.py")


def test_each_execution_environment_imports_the_library_anew(bare_emulator):
    assert not begins_with_the_library(Account(bare_emulator)), is_closed("forked_workers.py")


def test_a_stream_neither_compresses_nor_keeps_what_its_function_cannot_transform(bare):
    a_stream(bare)
    for text in ("good", "bad"):
        bare.firehose.put_record(DeliveryStreamName="lake", Record={"Data": text.encode()})
    bare.wait_until(lambda: stored(bare, "events/") != {}, lambda: "no object")
    assert list(stored(bare, "events/").values()) == [b"GOOD\n"], is_closed("firehose.py")
    assert stored(bare, "errors/") == {}, is_closed("firehose.py")


def test_a_stream_writes_whatever_its_role_may_do(bare):
    a_stream(bare, may=("s3:GetObject",))
    bare.firehose.put_record(DeliveryStreamName="lake", Record={"Data": b"good"})
    bare.wait_until(lambda: stored(bare, "events/") != {}, lambda: is_closed("service_roles.py"))


def test_neither_topics_nor_rules_deliver_to_a_stream(bare):
    stream = a_stream(bare)
    topic = bare.sns.create_topic(Name="events")["TopicArn"]
    by_topic = {"SubscriptionRoleArn": delivers(bare, "sns.amazonaws.com", stream, name="topics")}
    bare.sns.subscribe(TopicArn=topic, Protocol="firehose", Endpoint=stream, Attributes=by_topic)
    put_rule(bare, stream, delivers(bare, "events.amazonaws.com", stream), "mail")
    bare.sns.publish(TopicArn=topic, Message="good")
    put_events(bare, "mail")
    bare.firehose.put_record(DeliveryStreamName="lake", Record={"Data": b"good"})
    bare.wait_until(lambda: stored(bare, "events/") != {}, lambda: "no object")
    assert list(stored(bare, "events/").values()) == [b"GOOD\n"], is_closed("stream_sources.py")


def test_a_filter_by_a_reserved_word_is_taken_where_no_item_meets_it(bare):
    found = a_table(bare).scan(TableName="table", FilterExpression="attribute_exists(role)")
    assert found["Count"] == 0, is_closed("refused_expressions.py")


def test_cloudformation_makes_no_named_queries(bare):
    query = {"Type": "AWS::Athena::NamedQuery", "Properties": {"Database": "lake", "QueryString": "select 1"}}
    with pytest.raises(ClientError) as refused:
        bare.cloudformation.create_stack(StackName="lake", TemplateBody=json.dumps({"Resources": {"Query": query}}))
    assert "AWS::Athena::NamedQuery" in str(refused.value), is_closed("named_queries.py")
