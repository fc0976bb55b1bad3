"""The local cloud's SES refuses control calls, keeps settings and tells of them as Amazon SES documents."""

import json

import pytest

from tests.contract.test_ses import a_configuration_set, error_of, events, published_to, send

pytestmark = pytest.mark.emulator

NOT_FOUND = ("NotFoundException", 404)
BAD_REQUEST = ("BadRequestException", 400)
ALREADY_THERE = ("AlreadyExistsException", 400)


def arn(aws, kind, name):
    return f"arn:aws:ses:us-east-1:{aws.id}:{kind}/{name}"


def pool(aws, name="main", **more):
    aws.sesv2.create_dedicated_ip_pool(PoolName=name, **more)


def configuration_set(aws, name="acme-news"):
    return aws.sesv2.get_configuration_set(ConfigurationSetName=name)


@pytest.mark.parametrize("name", ["acme news", "acme.news", "", "n" * 65])
def test_a_configuration_set_has_a_name_of_letters_digits_dashes_and_underscores(aws, name):
    assert error_of(lambda: aws.sesv2.create_configuration_set(ConfigurationSetName=name)) == BAD_REQUEST


def test_a_name_may_have_64_characters(aws):
    aws.sesv2.create_configuration_set(ConfigurationSetName="n" * 64)
    aws.sesv2.create_tenant(TenantName="n" * 64)
    assert error_of(lambda: aws.sesv2.create_tenant(TenantName="n" * 65)) == BAD_REQUEST


def test_a_configuration_set_is_created_with_all_its_options(aws):
    pool(aws)
    options = {
        "DeliveryOptions": {"TlsPolicy": "REQUIRE", "SendingPoolName": "main"},
        "ReputationOptions": {"ReputationMetricsEnabled": True},
        "SuppressionOptions": {"SuppressedReasons": ["BOUNCE"]},
        "Tags": [{"Key": "tenant", "Value": "acme"}],
    }
    aws.sesv2.create_configuration_set(ConfigurationSetName="acme-news", **options)
    assert {name: configuration_set(aws)[name] for name in options} == options
    again = error_of(lambda: aws.sesv2.create_configuration_set(ConfigurationSetName="acme-news"))
    assert again == ALREADY_THERE


def test_delivery_options_are_put_as_a_whole(aws):
    pool(aws)
    aws.sesv2.create_configuration_set(ConfigurationSetName="acme-news", DeliveryOptions={"TlsPolicy": "REQUIRE"})
    put = aws.sesv2.put_configuration_set_delivery_options
    put(ConfigurationSetName="acme-news", SendingPoolName="main")
    assert configuration_set(aws)["DeliveryOptions"] == {"SendingPoolName": "main"}
    put(ConfigurationSetName="acme-news")
    assert "DeliveryOptions" not in configuration_set(aws)


def test_suppression_options_are_put_as_a_whole(aws):
    a_configuration_set(aws)
    put = aws.sesv2.put_configuration_set_suppression_options
    put(ConfigurationSetName="acme-news", SuppressedReasons=["BOUNCE"], SuppressionScope="TENANT")
    kept = {"SuppressedReasons": ["BOUNCE"], "SuppressionScope": "TENANT"}
    assert configuration_set(aws)["SuppressionOptions"] == kept
    put(ConfigurationSetName="acme-news", SuppressedReasons=[])
    assert configuration_set(aws)["SuppressionOptions"] == {"SuppressedReasons": []}
    put(ConfigurationSetName="acme-news")
    assert "SuppressionOptions" not in configuration_set(aws)


@pytest.mark.parametrize("name", ["other", "Main"])
def test_a_pool_that_is_not_there_cannot_be_sent_from(aws, name):
    pool(aws)
    delivery = {"SendingPoolName": name}
    create = aws.sesv2.create_configuration_set
    assert error_of(lambda: create(ConfigurationSetName="acme-news", DeliveryOptions=delivery)) == BAD_REQUEST
    create(ConfigurationSetName="acme-news")
    put = aws.sesv2.put_configuration_set_delivery_options
    assert error_of(lambda: put(ConfigurationSetName="acme-news", **delivery)) == BAD_REQUEST


def test_the_shared_addresses_are_a_pool_of_ses_own(aws):
    delivery = {"SendingPoolName": "ses-shared-pool"}
    aws.sesv2.create_configuration_set(ConfigurationSetName="acme-news", DeliveryOptions=delivery)
    assert configuration_set(aws)["DeliveryOptions"] == delivery


def test_delivery_options_that_ses_does_not_know_are_refused(aws):
    a_configuration_set(aws)
    put = aws.sesv2.put_configuration_set_delivery_options
    assert error_of(lambda: put(ConfigurationSetName="acme-news", TlsPolicy="ALWAYS")) == BAD_REQUEST


def test_what_is_not_there_cannot_be_deleted(aws):
    delete = aws.sesv2.delete_configuration_set
    assert error_of(lambda: delete(ConfigurationSetName="acme-news")) == NOT_FOUND
    assert error_of(lambda: aws.sesv2.delete_email_identity(EmailIdentity="acme.example")) == NOT_FOUND


def test_a_configuration_set_of_a_tenant_cannot_be_deleted(aws):
    a_configuration_set(aws)
    aws.sesv2.create_tenant(TenantName="acme")
    named = {"TenantName": "acme", "ResourceArn": arn(aws, "configuration-set", "acme-news")}
    aws.sesv2.create_tenant_resource_association(**named)
    assert error_of(lambda: aws.sesv2.delete_configuration_set(ConfigurationSetName="acme-news")) == BAD_REQUEST
    aws.sesv2.delete_tenant_resource_association(**named)
    aws.sesv2.delete_configuration_set(ConfigurationSetName="acme-news")


def test_an_identity_is_created_once_and_with_a_set_that_is_there(aws):
    a_configuration_set(aws)
    create = aws.sesv2.create_email_identity
    assert error_of(lambda: create(EmailIdentity="acme.example")) == ALREADY_THERE
    assert error_of(lambda: create(EmailIdentity="b.example", ConfigurationSetName="other")) == NOT_FOUND
    create(EmailIdentity="b.example", ConfigurationSetName="acme-news")
    assert aws.sesv2.get_email_identity(EmailIdentity="b.example")["ConfigurationSetName"] == "acme-news"


def test_the_default_configuration_set_can_be_taken_away_again(aws):
    queue = published_to(aws)
    put = aws.sesv2.put_email_identity_configuration_set_attributes
    put(EmailIdentity="acme.example", ConfigurationSetName="acme-news")
    put(EmailIdentity="acme.example")
    send(aws, "one@customer.example", configuration_set=None)
    last = send(aws, "two@customer.example")
    assert {message for _, message in events(aws, queue, 2)} == {last}


def test_mail_of_an_identity_whose_default_set_was_deleted_is_refused(aws):
    a_configuration_set(aws)
    aws.sesv2.put_email_identity_configuration_set_attributes(
        EmailIdentity="acme.example", ConfigurationSetName="acme-news"
    )
    aws.sesv2.delete_configuration_set(ConfigurationSetName="acme-news")
    assert error_of(lambda: send(aws, "one@customer.example", configuration_set=None)) == NOT_FOUND


def test_an_identity_shows_the_tags_it_has_now(aws):
    aws.sesv2.create_email_identity(EmailIdentity="acme.example", Tags=[{"Key": "a", "Value": "1"}])
    resource = arn(aws, "identity", "acme.example")
    aws.sesv2.tag_resource(ResourceArn=resource, Tags=[{"Key": "tenant", "Value": "acme"}])
    aws.sesv2.untag_resource(ResourceArn=resource, TagKeys=["a"])
    tags = [{"Key": "tenant", "Value": "acme"}]
    assert aws.sesv2.get_email_identity(EmailIdentity="acme.example")["Tags"] == tags
    assert aws.sesv2.list_tags_for_resource(ResourceArn=resource)["Tags"] == tags


@pytest.mark.parametrize("status", ["PENDING", "FAILED"])
def test_an_identity_that_is_not_verified_says_so_and_sends_nothing(aws, status):
    a_configuration_set(aws)
    tag = {"Key": "localcloud:verification", "Value": status}
    aws.sesv2.tag_resource(ResourceArn=arn(aws, "identity", "acme.example"), Tags=[tag])
    found = aws.sesv2.get_email_identity(EmailIdentity="acme.example")
    assert (found["VerifiedForSendingStatus"], found["VerificationStatus"]) == (False, status)
    (listed,) = aws.sesv2.list_email_identities()["EmailIdentities"]
    assert (listed["SendingEnabled"], listed["VerificationStatus"]) == (False, status)
    assert error_of(lambda: send(aws, "one@customer.example")) == ("MessageRejected", 400)


def test_identities_are_listed_page_by_page(aws):
    for number in range(3):
        aws.sesv2.create_email_identity(EmailIdentity=f"{number}.example")
    first = aws.sesv2.list_email_identities(PageSize=2)
    rest = aws.sesv2.list_email_identities(PageSize=2, NextToken=first["NextToken"])
    names = [each["IdentityName"] for page in (first, rest) for each in page["EmailIdentities"]]
    assert names == ["0.example", "1.example", "2.example"]
    assert "NextToken" not in rest


def test_there_are_fifty_pools_at_most(aws):
    for number in range(50):
        pool(aws, f"pool-{number}")
    assert error_of(lambda: pool(aws, "pool-50")) == ("LimitExceededException", 400)
    aws.sesv2.delete_dedicated_ip_pool(PoolName="pool-0")
    pool(aws, "pool-50")


@pytest.mark.parametrize("name", ["Main", "main pool", "n" * 65])
def test_a_pool_has_a_name_of_small_letters(aws, name):
    assert error_of(lambda: pool(aws, name)) == BAD_REQUEST


def test_a_standard_pool_becomes_managed_and_never_standard_again(aws):
    pool(aws, ScalingMode="STANDARD", Tags=[{"Key": "sesguard", "Value": "sesguard"}])
    put = aws.sesv2.put_dedicated_ip_pool_scaling_attributes
    put(PoolName="main", ScalingMode="MANAGED")
    assert aws.sesv2.get_dedicated_ip_pool(PoolName="main")["DedicatedIpPool"]["ScalingMode"] == "MANAGED"
    assert error_of(lambda: put(PoolName="main", ScalingMode="STANDARD")) == BAD_REQUEST
    assert error_of(lambda: put(PoolName="other", ScalingMode="MANAGED")) == NOT_FOUND
    tags = aws.sesv2.list_tags_for_resource(ResourceArn=arn(aws, "dedicated-ip-pool", "main"))["Tags"]
    assert tags == [{"Key": "sesguard", "Value": "sesguard"}]


def test_pools_of_its_own_are_listed_to_who_has_addresses_and_nothing_more_is_said_of_them(aws):
    pool(aws, ScalingMode="STANDARD")
    assert aws.sesv2.list_dedicated_ip_pools()["DedicatedIpPools"] == ["main"]
    aws.sesv2.put_dedicated_ip_in_pool(Ip="198.51.100.7", DestinationPoolName="main")
    own = ["ses-shared-pool", "ses-default-dedicated-pool"]
    assert aws.sesv2.list_dedicated_ip_pools()["DedicatedIpPools"] == [*own, "main"]
    for name in own:
        assert error_of(lambda name=name: aws.sesv2.get_dedicated_ip_pool(PoolName=name)) == BAD_REQUEST


@pytest.mark.parametrize("service", ["cloudwatch.amazonaws.com", None])
def test_a_topic_that_ses_cannot_publish_to_is_no_destination(aws, service):
    missing = f"arn:aws:sns:us-east-1:{aws.id}:other"
    destination = {"TopicArn": aws.topic(service) if service else missing}
    assert error_of(lambda: a_configuration_set(aws, SnsDestination=destination)) == BAD_REQUEST
    kept = aws.sesv2.get_configuration_set_event_destinations(ConfigurationSetName="acme-news")
    assert not kept.get("EventDestinations")


CONTROLS = """
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    try:
        getattr(boto3.client("sesv2"), event["call"])(**event["arguments"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"
"""


@pytest.mark.parametrize(
    ("call", "action", "arguments", "first", "second"),
    [
        (
            "put_email_identity_configuration_set_attributes",
            "PutEmailIdentityConfigurationSetAttributes",
            {"EmailIdentity": "acme.example", "ConfigurationSetName": "acme-news"},
            "identity/acme.example",
            "configuration-set/acme-news",
        ),
        (
            "put_configuration_set_delivery_options",
            "PutConfigurationSetDeliveryOptions",
            {"ConfigurationSetName": "acme-news", "SendingPoolName": "main"},
            "configuration-set/acme-news",
            "dedicated-ip-pool/main",
        ),
        (
            "create_tenant_resource_association",
            "CreateTenantResourceAssociation",
            {"TenantName": "acme", "ResourceArn": "arn:aws:ses:us-east-1:{account}:configuration-set/acme-news"},
            "tenant/acme/*",
            "configuration-set/acme-news",
        ),
    ],
)
def test_a_call_about_two_resources_needs_permission_for_both(aws, call, action, arguments, first, second):
    a_configuration_set(aws)
    pool(aws)
    aws.sesv2.create_tenant(TenantName="acme")
    named = {key: value.format(account=aws.id) for key, value in arguments.items()}
    resources = [f"arn:aws:ses:us-east-1:{aws.id}:{each}" for each in (first, second)]
    function = aws.function(aws.role([f"ses:{action}"], resources), CONTROLS)
    assert aws.invoke(function, {"call": call, "arguments": named}) == "done"
    for allowed in resources:
        statement = {"Effect": "Allow", "Action": [f"ses:{action}"], "Resource": [allowed]}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        aws.iam.put_role_policy(RoleName="role", PolicyName="policy", PolicyDocument=json.dumps(policy))
        assert aws.invoke(function, {"call": call, "arguments": named}) == "AccessDeniedException"


@pytest.mark.parametrize(("allowed", "expected"), [("acme-*", "done"), ("other-*", "AccessDeniedException")])
@pytest.mark.parametrize(
    ("call", "action", "more"),
    [
        ("tag_resource", "TagResource", {"Tags": [{"Key": "tenant", "Value": "acme"}]}),
        ("untag_resource", "UntagResource", {"TagKeys": ["tenant"]}),
        ("list_tags_for_resource", "ListTagsForResource", {}),
    ],
)
def test_tags_need_permission_for_the_resource_that_they_are_on(aws, allowed, expected, call, action, more):
    a_configuration_set(aws)
    function = aws.function(aws.role([f"ses:{action}"], [arn(aws, "configuration-set", allowed)]), CONTROLS)
    named = {"ResourceArn": arn(aws, "configuration-set", "acme-news"), **more}
    assert aws.invoke(function, {"call": call, "arguments": named}) == expected


TAGGED = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "ses:CreateEmailIdentity",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestTag/sesguard": "sesguard"}},
        }
    ],
}


@pytest.mark.parametrize(("allowed", "expected"), [("tenant/acme/*", "done"), ("tenant/b/*", "AccessDeniedException")])
def test_a_tenant_is_created_where_its_name_is_allowed(aws, allowed, expected):
    function = aws.function(aws.role(["ses:CreateTenant"], [f"arn:aws:ses:us-east-1:{aws.id}:{allowed}"]), CONTROLS)
    assert aws.invoke(function, {"call": "create_tenant", "arguments": {"TenantName": "acme"}}) == expected


@pytest.mark.parametrize(("owner", "expected"), [("sesguard", "done"), ("other", "AccessDeniedException")])
def test_an_identity_is_made_where_the_tags_that_it_gets_are_allowed(aws, owner, expected):
    function = aws.function(aws.role(["ses:CreateEmailIdentity"], ["*"]), CONTROLS)
    aws.iam.put_role_policy(RoleName="role", PolicyName="policy", PolicyDocument=json.dumps(TAGGED))
    named = {"EmailIdentity": "acme.example", "Tags": [{"Key": "sesguard", "Value": owner}]}
    assert aws.invoke(function, {"call": "create_email_identity", "arguments": named}) == expected
