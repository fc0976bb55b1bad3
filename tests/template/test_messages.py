"""Topics, rules and queues: nothing is lost in silence, and each takes messages only from where they should come."""

import pytest

from sesguard.aws.redrive import SOURCES
from sesguard.costs.own import DEAD_LETTER_QUEUES
from tests.template.stack import (
    ACCOUNT_ALARMS,
    ALARMS,
    DEAD_LETTERS,
    FUNCTIONS,
    QUEUES,
    RESOURCES,
    ROOT,
    alarms_on,
    allowed_on,
    as_list,
    dead_letters_of,
    load,
    metrics_of,
    of_type,
    role_statements,
    statements,
    target,
)

SUBSCRIPTIONS = {
    name: properties
    for name, properties in of_type("AWS::SNS::Subscription").items()
    if properties["Protocol"] == "sqs"
}
# What goes to the bus of another account is tests/template/test_central.py's.
RULES = {name: each for name, each in of_type("AWS::Events::Rule").items() if name != "ForwardRule"}
TOPIC_POLICIES = {
    target(policy["Topics"][0]): statements(policy) for policy in of_type("AWS::SNS::TopicPolicy").values()
}
QUEUE_POLICIES = of_type("AWS::SQS::QueuePolicy")
TOPICS = of_type("AWS::SNS::Topic")
# Of the guard's stack, of the centre's and of the lake's: no name but the layer's is in more than one.
STACKS = [
    RESOURCES,
    *(load((ROOT / path).read_text())["Resources"] for path in ("central/template.yaml", "lake/template.yaml")),
]
EVERYWHERE = {name: each for resources in STACKS for name, each in resources.items()}
WORK = [name for name in QUEUES if name not in DEAD_LETTERS]
# Messages of these only wake somebody, or ask for what is asked for again tomorrow.
WAKES = {"OnboardQueue", "PostureQueue"}
# Queues that the guard's own functions put messages into, by their roles.
SENT_TO = {target(queue) for function in FUNCTIONS for queue in allowed_on(function, "sqs:SendMessage")}
BY_FUNCTIONS = SENT_TO | {dead_letters_of(queue) for queue in SENT_TO}
NOTICES = {"Ref": "NoticeConfigurationSet"}


@pytest.mark.parametrize("queue", WORK)
def test_what_a_retry_can_heal_is_tried_as_often_as_sqs_allows_and_then_among_the_dead_letters(queue):
    assert dead_letters_of(queue) in DEAD_LETTERS
    assert QUEUES[queue]["RedrivePolicy"]["maxReceiveCount"] == (5 if queue in WAKES else 1_000)


@pytest.mark.parametrize("queue", [queue for queue in WORK if queue != "OnboardQueue"])  # whose wakes may wait
def test_a_queue_whose_messages_wait_is_told_to_the_operator(queue):
    metric = "ApproximateNumberOfMessagesVisible" if queue == "DeliveryQueue" else "ApproximateAgeOfOldestMessage"
    assert alarms_on(metric, queue)


@pytest.mark.parametrize("queue", WORK)
def test_dead_letters_are_kept_as_long_as_a_queue_can_keep_them(queue):
    assert QUEUES[dead_letters_of(queue)]["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def test_every_queue_of_dead_letters_is_counted_by_sweep_and_the_first_is_told_to_the_operator():
    separator, urls = FUNCTIONS["SweepFunction"]["Environment"]["Variables"]["DEAD_LETTER_QUEUE_URLS"]["Fn::Join"]
    assert separator == ","
    assert {target(url) for url in urls} == DEAD_LETTERS
    assert {target(queue) for queue in allowed_on("SweepFunction", "sqs:GetQueueAttributes")} == DEAD_LETTERS
    alarm = ALARMS["DeadLettersAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Sesguard", "DeadLetters", "Maximum")
    assert (alarm["Threshold"], alarm["EvaluationPeriods"], alarm["Period"]) == (1, 1, 60)


def test_the_bill_knows_how_many_queues_of_dead_letters_there_are():
    assert len(DEAD_LETTERS) == DEAD_LETTER_QUEUES


@pytest.mark.parametrize("queue", sorted(DEAD_LETTERS))
def test_the_alarm_on_dead_letters_says_what_to_do_with_each_queue(queue):
    assert queue in ALARMS["DeadLettersAlarm"]["AlarmDescription"]


def test_descriptions_of_alarms_are_no_longer_than_cloudwatch_takes():
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    assert max(len(alarm["AlarmDescription"]) for alarm in ALARMS.values()) <= 1_024


def everywhere(kind):
    return [name for name, each in EVERYWHERE.items() if each["Type"] == kind]


@pytest.mark.parametrize("queue", everywhere("AWS::SQS::Queue"))
def test_a_queue_is_encrypted(queue):
    assert EVERYWHERE[queue]["Properties"]["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize(
    ("alarm", "metric", "rate"),
    [
        ("AccountBounceRateAlarm", "Reputation.BounceRate", "ShieldBounceRate"),
        ("AccountComplaintRateAlarm", "Reputation.ComplaintRate", "ShieldComplaintRate"),
    ],
)
def test_an_alarm_on_the_accounts_own_rate_is_as_aws_describes_it_and_calls_the_shield(alarm, metric, rate):
    properties = ALARMS[alarm]
    assert (properties["Namespace"], properties["MetricName"]) == ("AWS/SES", metric)
    assert "Dimensions" not in properties
    assert properties["Threshold"] == {"Ref": rate}
    assert properties["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert properties["TreatMissingData"] == "ignore"
    for actions in ("AlarmActions", "OKActions"):
        assert [target(action) for action in properties[actions]] == ["AlarmTopic"]


@pytest.mark.parametrize("alarm", sorted(set(ALARMS) - ACCOUNT_ALARMS))
def test_an_alarm_on_the_guard_says_what_to_look_at_and_tells_the_operator(alarm):
    assert len(ALARMS[alarm]["AlarmDescription"]) > 30
    assert [target(action) for action in ALARMS[alarm]["AlarmActions"]] == ["OperatorTopic"]
    assert ALARMS[alarm]["TreatMissingData"] in ("breaching", "notBreaching")


@pytest.mark.parametrize("subscription", SUBSCRIPTIONS)
def test_a_queue_gets_the_raw_message_and_what_cannot_be_delivered_is_kept(subscription):
    properties = SUBSCRIPTIONS[subscription]
    assert properties["RawMessageDelivery"] is True
    dead = target(properties["RedrivePolicy"]["deadLetterTargetArn"])
    assert dead == dead_letters_of(target(properties["Endpoint"]))


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_retries_for_a_day_and_keeps_what_cannot_be_delivered(rule):
    for to in RULES[rule]["Targets"]:
        assert to["RetryPolicy"]["MaximumEventAgeInSeconds"] == 24 * 60 * 60
        assert target(to["DeadLetterConfig"]["Arn"]) == dead_letters_of(target(to["Arn"]))


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_takes_messages_only_from_the_topics_and_rules_that_feed_it(queue):
    allowed = [
        statement
        for policy in QUEUE_POLICIES.values()
        if queue in [target(each) for each in policy["Queues"]]
        for statement in statements(policy)
        if statement["Effect"] == "Allow"
    ]
    assert allowed or queue in BY_FUNCTIONS
    for statement in allowed:
        source = target(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
        service = {"SesEventsTopic": "sns", "AlarmTopic": "sns"}.get(source, "events")
        assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
        assert statement["Action"] == "sqs:SendMessage"


# As SNS and EventBridge document it: no page of theirs says that they name the account to a queue.
# https://docs.aws.amazon.com/sns/latest/dg/sns-configure-dead-letter-queue.html
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
@pytest.mark.parametrize("policy", everywhere("AWS::SQS::QueuePolicy"))
def test_a_queue_of_any_stack_knows_a_sender_by_its_topic_or_rule(policy):
    for statement in statements(EVERYWHERE[policy]["Properties"]):
        if statement["Effect"] == "Allow":
            assert list(statement["Condition"]) == ["ArnEquals"]
            assert statement["Principal"]["Service"] in ("sns.amazonaws.com", "events.amazonaws.com")


def test_no_queue_has_two_policies_of_which_the_later_would_win():
    governed = [target(queue) for policy in QUEUE_POLICIES.values() for queue in policy["Queues"]]
    assert sorted(governed) == sorted(set(governed))


def test_only_ses_for_configuration_sets_of_this_account_may_publish_events():
    (allow,) = [each for each in TOPIC_POLICIES["SesEventsTopic"] if each["Effect"] == "Allow"]
    assert allow["Principal"] == {"Service": "ses.amazonaws.com"}
    assert allow["Condition"]["StringEquals"] == {"AWS:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert allow["Condition"]["ArnLike"]["AWS:SourceArn"]["Fn::Sub"].endswith(
        ":ses:${AWS::Region}:${AWS::AccountId}:configuration-set/*"
    )


NOT_BY_TLS = {"Bool": {"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "false"}}


@pytest.mark.parametrize(
    ("kind", "name", "action"),
    [
        *(("Queue", name, "sqs:*") for name in everywhere("AWS::SQS::Queue")),
        *(("Topic", name, "sns:Publish") for name in everywhere("AWS::SNS::Topic")),
    ],
)
def test_nobody_may_use_a_queue_or_publish_to_a_topic_without_tls(kind, name, action):
    there = (None, EVERYWHERE[name].get("Condition"))  # whenever the queue or topic is
    policies = [
        each["Properties"]
        for each in EVERYWHERE.values()
        if each["Type"].endswith(f"::{kind}Policy") and each.get("Condition") in there
    ]
    denied = [
        statement
        for policy in policies
        if name in [target(each) for each in policy[f"{kind}s"]]
        for statement in statements(policy)
        if statement["Effect"] == "Deny" and name in [target(each) for each in as_list(statement["Resource"])]
    ]
    assert [(each["Principal"], each["Action"], each["Condition"]) for each in denied] == [("*", action, NOT_BY_TLS)]


def test_every_topic_is_encrypted_under_a_key_of_its_stack():
    assert len(EVERYWHERE) == sum(map(len, STACKS)) - 2  # each has the layer
    for name in everywhere("AWS::SNS::Topic"):
        assert EVERYWHERE[target(EVERYWHERE[name]["Properties"]["KmsMasterKeyId"])]["Type"] == "AWS::KMS::Key"


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_encrypted_under_a_key_that_those_who_publish_may_use(topic):
    assert target(TOPICS[topic]["KmsMasterKeyId"]) == "SesEventsKey"
    assert "Condition" not in RESOURCES["SesEventsKey"]  # of topics that are always there
    key = RESOURCES["SesEventsKey"]["Properties"]["KeyPolicy"]["Statement"]
    (services,) = [each for each in key if "Service" in each["Principal"]]
    publish = {each["Principal"]["Service"] for each in TOPIC_POLICIES[topic] if each["Effect"] == "Allow"}
    assert publish <= set(services["Principal"]["Service"])
    assert set(as_list(services["Action"])) == {"kms:GenerateDataKey*", "kms:Decrypt"}


def test_deliver_may_encrypt_what_it_publishes_to_the_operators_topic_and_to_tenants():
    own, of_tenants = allowed_on("DeliverFunction", "kms:GenerateDataKey")
    assert target(own) == "SesEventsKey"
    assert of_tenants["Fn::Sub"].endswith(":kms:*:*:key/*")  # by way of SNS alone, and if their policies allow it
    (encrypts,) = [each for each in role_statements("DeliverFunction") if "kms:Decrypt" in as_list(each["Action"])]
    assert encrypts["Condition"] == {"StringLike": {"kms:ViaService": "sns.*.amazonaws.*"}}


@pytest.mark.parametrize("topic", ["AlarmTopic", "OperatorTopic"])
def test_only_alarms_of_this_account_may_publish(topic):
    (allow,) = [each for each in TOPIC_POLICIES[topic] if each["Effect"] == "Allow"]
    assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allow["Condition"]["StringEquals"] == {"AWS:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert (
        ":cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:"
        in allow["Condition"]["ArnLike"]["AWS:SourceArn"]["Fn::Sub"]
    )


def test_every_topic_has_a_policy():
    assert set(TOPIC_POLICIES) == set(of_type("AWS::SNS::Topic"))


def test_eventbridge_is_asked_only_for_events_that_count():
    assert RULES["SesEventsRule"]["EventPattern"] == {
        "source": ["aws.ses"],
        "detail-type": ["Email Sent", "Email Delivered", "Email Bounced", "Email Complaint Received"],
        "detail": {"mail": {"tags": {"ses:configuration-set": [{"exists": False}, {"anything-but": [NOTICES]}]}}},
    }


def test_what_ses_says_of_the_guards_own_mail_goes_to_notify_and_is_no_tenants():
    pattern = RULES["NoticeEventsRule"]["EventPattern"]
    assert pattern["detail-type"] == ["Email Bounced", "Email Complaint Received"]
    assert pattern["detail"] == {"mail": {"tags": {"ses:configuration-set": [NOTICES]}}}
    assert [target(each["Arn"]) for each in RULES["NoticeEventsRule"]["Targets"]] == ["NotifyQueue"]
    (published,) = of_type("AWS::SES::ConfigurationSetEventDestination").values()
    assert published["ConfigurationSetName"] == NOTICES
    assert published["EventDestination"]["MatchingEventTypes"] == ["bounce", "complaint"]


@pytest.mark.parametrize(
    ("resource", "condition"),
    [
        ("SesEventsTopic", "FromSns"),
        ("SesEventsTopicPolicy", "FromSns"),
        ("SesEventsSubscription", "FromSns"),
        ("SesEventsRule", "FromEventBridge"),
    ],
)
def test_a_source_of_events_exists_only_where_it_is_chosen(resource, condition):
    assert RESOURCES[resource]["Condition"] == condition


def test_dead_letters_come_back_to_the_queue_that_gave_them_up():
    named = {dead: queue for queue in WORK for dead in [dead_letters_of(queue)] if queue != "OnboardQueue"}
    assert named == dict(SOURCES)


def test_that_no_event_comes_while_ses_sends_is_told_and_so_is_what_the_topic_cannot_deliver():
    (expression,) = (each for each in ALARMS["SesEventsMissingAlarm"]["Metrics"] if "Expression" in each)
    seen = [(each["Namespace"], each["MetricName"]) for each in metrics_of(ALARMS["SesEventsMissingAlarm"])]
    assert seen == [("AWS/SES", "Send"), ("AWS/SQS", "NumberOfMessagesSent")]
    assert "FILL(came, 0) == 0" in expression["Expression"]
    assert alarms_on("NumberOfNotificationsFailed", "SesEventsTopic")
    assert ALARMS["UnattributedMailsAlarm"]["MetricName"] == "UnattributedMails"
