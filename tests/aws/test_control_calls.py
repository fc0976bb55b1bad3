"""Assumptions of docs/aws-assumptions.md on what control calls, queues, tables and alarms take and answer."""

import time

import pytest

from tests.aws.conftest import APART_SECONDS, ON_AWS, PAUSED, assumes, refused

pytestmark = pytest.mark.emulator


def identity_of(account):
    """A domain as onboarding makes it; nobody has to verify it."""
    name = f"{account.prefix}-domain.example.org"
    account.remove(account.sesv2.delete_email_identity, EmailIdentity=name)
    time.sleep(APART_SECONDS)
    account.sesv2.create_email_identity(
        EmailIdentity=name, DkimSigningAttributes={"NextSigningKeyLength": "RSA_2048_BIT"}
    )
    return name


@assumes("A19")
def test_a_set_may_be_made_with_its_sending_off(account):
    name = account.configuration_set(SendingOptions={"SendingEnabled": False})
    account.wait_until(lambda: account.refusal("success", name) in PAUSED)


@assumes("A20")
def test_a_standard_queue_takes_messages_with_a_group(account):
    url, _ = account.queue()
    entries = [{"Id": str(number), "MessageBody": "one", "MessageGroupId": "a.tenant"} for number in range(2)]
    assert not account.sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed")
    account.bodies(url, lambda taken: len(taken) == 2)


@assumes("A26")
def test_a_cancelled_transaction_gives_what_stood_in_its_way(account):
    table = account.table()
    marker = {"id": {"S": "mail"}, "set": {"S": ""}}
    account.dynamodb.put_item(TableName=table, Item=marker)
    put = {
        "TableName": table,
        "Item": {**marker, "set": {"S": "a-set"}},
        "ConditionExpression": "attribute_not_exists(id)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(account.dynamodb.exceptions.TransactionCanceledException) as error:
        account.dynamodb.transact_write_items(TransactItems=[{"Put": put}])
    (reason,) = error.value.response["CancellationReasons"]
    assert (reason["Code"], reason["Item"]) == ("ConditionalCheckFailed", marker)


@assumes("A32")
def test_an_update_adds_to_340_counters_in_4096_bytes(account):
    table = account.table()
    counters = ",".join(f"#{number:03x} :{number:03x}" for number in range(340))
    expression = f"ADD {counters}".ljust(4_096)
    account.dynamodb.update_item(
        TableName=table,
        Key={"id": {"S": "hour"}},
        UpdateExpression=expression,
        ExpressionAttributeNames={f"#{number:03x}": f"s{number:03x}" for number in range(340)},
        ExpressionAttributeValues={f":{number:03x}": {"N": "1"} for number in range(340)},
    )
    found = account.dynamodb.get_item(TableName=table, Key={"id": {"S": "hour"}}, ConsistentRead=True)["Item"]
    assert len(found) == 341


@assumes("A37")
def test_an_identity_with_a_length_of_its_next_key_has_easy_dkim(account):
    name = identity_of(account)

    def signing():
        time.sleep(APART_SECONDS)
        return account.sesv2.get_email_identity(EmailIdentity=name)["DkimAttributes"]

    account.wait_until(lambda: len(signing().get("Tokens", ())) == 3)
    assert signing()["SigningAttributesOrigin"] == "AWS_SES"


@assumes("A39")
def test_an_identity_of_an_ses_tenant_is_not_deleted(account):
    name = identity_of(account)
    account.tenant(account.arn("ses", f"identity/{name}"))
    time.sleep(APART_SECONDS)
    assert refused(account.sesv2.delete_email_identity, EmailIdentity=name) == "BadRequestException"


@assumes("A15")
def test_cloudwatch_turns_back_a_state_that_was_set(account):
    name = account.alarm(account.topic("cloudwatch.amazonaws.com", account.arn("cloudwatch", "alarm:*")))
    account.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")

    def state():
        (found,) = account.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return found["StateValue"]

    account.wait_until(lambda: state() != "ALARM")


@assumes("A62")
def test_an_alarm_that_is_set_to_the_state_it_is_in_runs_no_action(account):
    name, url = account.alarm_heard()
    for _ in range(2):
        account.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    account.bodies(url, lambda taken: len(taken) > 0)
    time.sleep(10 if ON_AWS else 1)
    assert not account.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages")


@assumes("A74")
def test_options_of_a_set_are_taken_back_as_they_are_read(account):
    name = account.configuration_set(
        DeliveryOptions={"TlsPolicy": "REQUIRE"}, SuppressionOptions={"SuppressedReasons": ["BOUNCE"]}
    )
    groups = {
        "DeliveryOptions": account.sesv2.put_configuration_set_delivery_options,
        "SuppressionOptions": account.sesv2.put_configuration_set_suppression_options,
    }

    def read():
        time.sleep(APART_SECONDS)
        found = account.sesv2.get_configuration_set(ConfigurationSetName=name)
        return {group: found[group] for group in groups}

    account.wait_until(lambda: "TlsPolicy" in read()["DeliveryOptions"])
    before = read()
    for group, put in groups.items():
        time.sleep(APART_SECONDS)
        put(ConfigurationSetName=name, **before[group])
    assert read() == before


@assumes("A84")
def test_ses_lists_sets_and_identities_a_thousand_a_page(account):
    for call in (account.sesv2.list_configuration_sets, account.sesv2.list_email_identities):
        time.sleep(APART_SECONDS)
        call(PageSize=1_000)
