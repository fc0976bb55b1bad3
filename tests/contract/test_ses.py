"""The local cloud's SES refuses, accepts and reports mail as Amazon SES documents."""

import json
from datetime import datetime
from email.message import EmailMessage

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.emulator

ALL_TYPES = ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT"]
CONTENT = {"Simple": {"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello"}}}}


def a_configuration_set(aws, name="acme-news", **destination):
    aws.sesv2.create_email_identity(EmailIdentity="acme.example")
    aws.sesv2.create_configuration_set(ConfigurationSetName=name)
    if destination:
        aws.sesv2.create_configuration_set_event_destination(
            ConfigurationSetName=name,
            EventDestinationName="guard",
            EventDestination={"Enabled": True, "MatchingEventTypes": ALL_TYPES, **destination},
        )


def published_to(aws, *, raw=True):
    """A configuration set whose events go to a topic: the queue behind it."""
    topic = aws.topic("ses.amazonaws.com")
    queue = aws.subscribed_queue(topic, raw=raw)
    a_configuration_set(aws, SnsDestination={"TopicArn": topic})
    (validation,) = aws.bodies(queue, lambda taken: len(taken) == 1)
    assert "Successfully validated SNS topic for Amazon SES event publishing." in validation
    return queue


def send(aws, *recipients, configuration_set="acme-news", **more):
    named = {"ConfigurationSetName": configuration_set} if configuration_set else {}
    return aws.sesv2.send_email(
        FromEmailAddress="Acme <news@acme.example>",
        Destination={"ToAddresses": list(recipients)},
        Content=CONTENT,
        **{**named, **more},
    )["MessageId"]


def events(aws, queue, count):
    bodies = aws.bodies(queue, lambda taken: len(taken) >= count)
    return {(event["eventType"], event["mail"]["messageId"]): event for event in map(json.loads, bodies)}


def error_of(call):
    with pytest.raises(ClientError) as refused:
        call()
    error = refused.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_mail_of_a_paused_configuration_set_is_refused_until_it_is_resumed(aws):
    a_configuration_set(aws)
    send(aws, "one@customer.example")
    aws.sesv2.put_configuration_set_sending_options(ConfigurationSetName="acme-news", SendingEnabled=False)
    assert error_of(lambda: send(aws, "two@customer.example")) == ("SendingPausedException", 400)
    aws.sesv2.put_configuration_set_sending_options(ConfigurationSetName="acme-news", SendingEnabled=True)
    send(aws, "three@customer.example")


def send_by_the_old_api(aws, *recipients):
    return aws.ses.send_email(
        Source="Acme <news@acme.example>",
        Destination={"ToAddresses": list(recipients)},
        Message={"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello."}}},
        ConfigurationSetName="acme-news",
    )["MessageId"]


def test_the_old_api_refuses_in_words_of_its_own(aws):
    a_configuration_set(aws)
    aws.sesv2.put_configuration_set_sending_options(ConfigurationSetName="acme-news", SendingEnabled=False)
    refused = error_of(lambda: send_by_the_old_api(aws, "one@customer.example"))
    assert refused == ("ConfigurationSetSendingPausedException", 400)
    aws.sesv2.put_account_sending_attributes(SendingEnabled=False)
    assert error_of(lambda: send_by_the_old_api(aws, "one@customer.example")) == ("AccountSendingPausedException", 400)


def test_mail_sent_by_the_old_api_publishes_the_same_events(aws):
    queue = published_to(aws)
    message = send_by_the_old_api(aws, "gone@customer.example")
    found = events(aws, queue, 2)
    assert found.keys() == {("Send", message), ("Bounce", message)}


def test_mail_of_an_unknown_configuration_set_is_refused(aws):
    a_configuration_set(aws)
    assert error_of(lambda: send(aws, "one@customer.example", configuration_set="other")) == ("NotFoundException", 404)


def test_a_paused_account_sends_nothing(aws):
    a_configuration_set(aws)
    aws.sesv2.put_account_sending_attributes(SendingEnabled=False)
    assert aws.sesv2.get_account()["SendingEnabled"] is False
    assert error_of(lambda: send(aws, "one@customer.example")) == ("SendingPausedException", 400)
    aws.sesv2.put_account_sending_attributes(SendingEnabled=True)
    send(aws, "one@customer.example")


def test_each_mail_of_a_bulk_is_answered_for_when_all_are_refused(aws):
    a_configuration_set(aws)
    aws.sesv2.put_configuration_set_sending_options(ConfigurationSetName="acme-news", SendingEnabled=False)
    answer = aws.sesv2.send_bulk_email(
        FromEmailAddress="news@acme.example",
        ConfigurationSetName="acme-news",
        DefaultContent={
            "Template": {"TemplateContent": {"Subject": "News", "Text": "Hello"}, "TemplateData": "{}"},
        },
        BulkEmailEntries=[{"Destination": {"ToAddresses": [f"{n}@customer.example"]}} for n in range(2)],
    )
    assert [entry["Status"] for entry in answer["BulkEmailEntryResults"]] == ["CONFIGURATION_SET_SENDING_PAUSED"] * 2


def test_a_bulk_is_reported_mail_by_mail(aws):
    queue = published_to(aws)
    answer = aws.sesv2.send_bulk_email(
        FromEmailAddress="news@acme.example",
        ConfigurationSetName="acme-news",
        DefaultContent={"Template": {"TemplateContent": {"Subject": "News", "Text": "Hello"}, "TemplateData": "{}"}},
        BulkEmailEntries=[{"Destination": {"ToAddresses": [f"{n}@customer.example"]}} for n in range(2)],
    )
    sent = {("Send", entry["MessageId"]) for entry in answer["BulkEmailEntryResults"]}
    assert len(sent) == 2
    assert sent < set(events(aws, queue, 4))


def test_the_default_configuration_set_of_an_identity_applies_where_none_is_named(aws):
    queue = published_to(aws)
    assert error_of(
        lambda: aws.sesv2.put_email_identity_configuration_set_attributes(
            EmailIdentity="acme.example", ConfigurationSetName="other"
        )
    ) == ("NotFoundException", 404)
    aws.sesv2.put_email_identity_configuration_set_attributes(
        EmailIdentity="acme.example", ConfigurationSetName="acme-news"
    )
    sent = send(aws, "one@customer.example", configuration_set=None)
    assert ("Send", sent) in events(aws, queue, 2)
    assert aws.sesv2.get_email_identity(EmailIdentity="acme.example")["ConfigurationSetName"] == "acme-news"


def test_each_recipient_fares_as_its_address_says(aws):
    queue = published_to(aws)
    addresses = {
        "success@simulator.amazonses.com": ("Delivery", None),
        "bounce+label@simulator.amazonses.com": ("Bounce", ("Permanent", "General")),
        "suppressionlist@simulator.amazonses.com": ("Bounce", ("Permanent", "Suppressed")),
        "complaint@simulator.amazonses.com": ("Complaint", None),
        "someone@customer.example": ("Delivery", None),
        "gone-7@customer.example": ("Bounce", ("Permanent", "General")),
        "full-7@customer.example": ("Bounce", ("Transient", "MailboxFull")),
        "angry-7@customer.example": ("Complaint", None),
    }
    sent = {send(aws, address): address for address in addresses}
    # Each is sent and has one outcome; a complaint comes after a delivery.
    got = events(aws, queue, 8 + 8 + 2)
    for message_id, address in sent.items():
        event_type, bounce = addresses[address]
        event = got[event_type, message_id]
        assert event["mail"]["destination"] == [address]
        if bounce:
            assert (event["bounce"]["bounceType"], event["bounce"]["bounceSubType"]) == bounce
        assert (("Delivery", message_id) in got) == (event_type != "Bounce")


def test_recipients_of_one_domain_that_bounce_alike_share_one_event(aws):
    queue = published_to(aws)
    sent = send(aws, "gone-1@customer.example", "gone-2@customer.example", "fine@customer.example")
    got = events(aws, queue, 3)
    bounced = [r["emailAddress"] for r in got["Bounce", sent]["bounce"]["bouncedRecipients"]]
    assert bounced == ["gone-1@customer.example", "gone-2@customer.example"]
    assert got["Delivery", sent]["delivery"]["recipients"] == ["fine@customer.example"]
    assert len(got["Send", sent]["mail"]["destination"]) == 3


def test_the_record_has_the_documented_shape(aws):
    queue = published_to(aws)
    sent = send(aws, "gone@customer.example", EmailTags=[{"Name": "campaign", "Value": "spring"}])
    bounced = events(aws, queue, 2)["Bounce", sent]
    mail = bounced["mail"]
    assert set(mail) == {
        "timestamp",
        "source",
        "sourceArn",
        "sendingAccountId",
        "messageId",
        "destination",
        "headersTruncated",
        "headers",
        "commonHeaders",
        "tags",
    }
    assert mail["sourceArn"] == f"arn:aws:ses:us-east-1:{aws.id}:identity/acme.example"
    assert mail["sendingAccountId"] == aws.id
    assert mail["tags"] == {
        "ses:operation": ["SendEmail"],
        "ses:configuration-set": ["acme-news"],
        "ses:source-ip": ["127.0.0.1"],
        "ses:from-domain": ["acme.example"],
        "ses:caller-identity": ["root"],
        "campaign": ["spring"],
    }
    assert {header["name"] for header in mail["headers"]} >= {"From", "To", "Subject"}
    assert bounced["bounce"]["feedbackId"]
    assert datetime.fromisoformat(bounced["bounce"]["timestamp"]) > datetime.fromisoformat(mail["timestamp"])


def test_all_events_of_a_mail_carry_the_time_it_was_sent_at(aws):
    queue = published_to(aws)
    send(aws, "angry@customer.example")
    got = events(aws, queue, 3).values()
    assert len({event["mail"]["timestamp"] for event in got}) == 1
    assert {event["eventType"] for event in got} == {"Send", "Delivery", "Complaint"}


def test_an_enveloped_subscription_gets_the_record_as_a_string(aws):
    queue = published_to(aws, raw=False)
    send(aws, "one@customer.example")
    (body, _) = aws.bodies(queue, lambda taken: len(taken) == 2)
    envelope = json.loads(body)
    assert envelope["Type"] == "Notification"
    assert envelope["Subject"] == "Amazon SES Email Event Notification"
    assert json.loads(envelope["Message"])["eventType"] == "Send"


def test_eventbridge_gets_the_same_record_as_detail(aws):
    queue = aws.queue_of_events({"source": ["aws.ses"]})
    bus = f"arn:aws:events:us-east-1:{aws.id}:event-bus/default"
    a_configuration_set(aws, EventBridgeDestination={"EventBusArn": bus})
    send(aws, "gone@customer.example", "angry@customer.example")
    bodies = [json.loads(body) for body in aws.bodies(queue, lambda taken: len(taken) == 4)]
    assert {body["detail-type"]: body["detail"]["eventType"] for body in bodies} == {
        "Email Sent": "Send",
        "Email Delivered": "Delivery",
        "Email Bounced": "Bounce",
        "Email Complaint Received": "Complaint",
    }
    for body in bodies:
        assert (body["source"], body["account"], body["region"]) == ("aws.ses", aws.id, "us-east-1")
        assert body["resources"] == [f"arn:aws:ses:us-east-1:{aws.id}:identity/acme.example"]
        assert body["detail"]["mail"]["tags"]["ses:configuration-set"] == ["acme-news"]


def test_a_destination_gets_the_types_it_asked_for(aws):
    topic = aws.topic("ses.amazonaws.com")
    queue = aws.subscribed_queue(topic)
    a_configuration_set(aws, SnsDestination={"TopicArn": topic}, MatchingEventTypes=["BOUNCE"])
    send(aws, "fine@customer.example", "gone@customer.example")
    bodies = aws.bodies(queue, lambda taken: len(taken) == 2)
    assert json.loads(bodies[1])["eventType"] == "Bounce", "the first is the validation of the topic"


def test_raw_mail_says_for_itself_who_gets_it(aws):
    queue = published_to(aws)
    message = EmailMessage()
    message["From"] = "news@acme.example"
    message["To"] = "One <one@customer.example>, two@customer.example"
    message["X-SES-CONFIGURATION-SET"] = "acme-news"
    message["Subject"] = "News"
    message.set_content("Hello")
    sent = aws.sesv2.send_email(Content={"Raw": {"Data": message.as_bytes()}})["MessageId"]
    got = events(aws, queue, 2)["Send", sent]
    assert got["mail"]["destination"] == ["one@customer.example", "two@customer.example"]


def test_a_topic_that_no_longer_lets_ses_publish_gets_nothing(aws):
    queue = published_to(aws)
    topic = aws.topic("cloudwatch.amazonaws.com")
    send(aws, "one@customer.example")
    aws.sns.publish(TopicArn=topic, Message="end")
    assert aws.bodies(queue, lambda taken: len(taken) == 1) == ["end"]


def key_policy(service):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ["kms:GenerateDataKey*", "kms:Decrypt"],
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(("service", "expected"), [("ses.amazonaws.com", 2), ("events.amazonaws.com", 0)])
def test_an_encrypted_topic_takes_events_only_with_a_key_that_ses_may_use(aws, service, expected):
    key = aws.kms.create_key(Policy=key_policy("ses.amazonaws.com"))["KeyMetadata"]["KeyId"]
    topic = aws.topic("ses.amazonaws.com", KmsMasterKeyId=key)
    queue = aws.subscribed_queue(topic)
    a_configuration_set(aws, SnsDestination={"TopicArn": topic})
    aws.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=key_policy(service))
    send(aws, "gone@customer.example")
    aws.sns.publish(TopicArn=topic, Message="end")
    taken = aws.bodies(queue, lambda taken: "end" in taken and len(taken) > expected)
    assert any("eventType" in body for body in taken) == (expected > 0)
