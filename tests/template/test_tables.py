"""The tables: what expires and what stays."""

import pytest

from tests.template.stack import PARAMETERS, RESOURCES, TABLES, of_type

RECORDS = ["StreamsTable", "IncidentsTable", "TenantsTable", "OnboardingTable"]
EXPIRING = {
    "CohortsTable": "expires",
    "SeenTable": "expires",
    "IdempotencyTable": "expiration",
    "DigestsTable": "expires",
    "TurnsTable": "expires",
    "PostureTable": "expires",
}
KEPT_FOR_DAYS = ["IncidentsTable"]  # a record, whose entries are kept for IncidentRetentionDays


def test_a_table_either_expires_or_is_a_record():
    assert set(TABLES) == {*RECORDS, *EXPIRING}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_paid_by_use(table):
    assert TABLES[table]["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize(("table", "attribute"), [*EXPIRING.items(), *((table, "expires") for table in KEPT_FOR_DAYS)])
def test_items_that_only_count_expire_and_so_does_the_journal(table, attribute):
    assert TABLES[table]["TimeToLiveSpecification"] == {"AttributeName": attribute, "Enabled": True}


@pytest.mark.parametrize("table", RECORDS)
def test_records_outlive_the_stack_and_can_be_restored(table):
    assert RESOURCES[table]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RESOURCES[table]["UpdateReplacePolicy"] == "Retain"
    assert TABLES[table]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert TABLES[table]["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
    assert ("TimeToLiveSpecification" in TABLES[table]) is (table in KEPT_FOR_DAYS)


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ("CohortsTable", ["stream", "cohort"]),
        ("SeenTable", ["id"]),
        ("StreamsTable", ["stream"]),
        ("IncidentsTable", ["stream", "at"]),
        ("TenantsTable", ["id"]),
        ("IdempotencyTable", ["id"]),
        ("DigestsTable", ["digest", "event"]),
        ("TurnsTable", ["line", "place"]),
        ("OnboardingTable", ["stream"]),
        ("PostureTable", ["identity"]),
    ],
)
def test_keys_are_those_that_the_adapters_write(table, keys):
    assert [key["AttributeName"] for key in TABLES[table]["KeySchema"]] == keys


def test_streams_that_are_not_healthy_are_found_by_an_index_of_keys():
    (index,) = TABLES["StreamsTable"]["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "unhealthy"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["unhealthy", "stream"]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_what_is_due_is_found_by_an_index_of_keys():
    (index,) = TABLES["OnboardingTable"]["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "work"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["work", "due"]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_of_a_changed_tenant_its_name_alone_goes_through_the_stream():
    assert TABLES["TenantsTable"]["StreamSpecification"] == {"StreamViewType": "KEYS_ONLY"}


def test_the_template_never_sets_whether_a_configuration_set_may_send():
    (notices,) = of_type("AWS::SES::ConfigurationSet").values()
    assert "SendingOptions" not in notices


def test_a_first_deployment_that_fails_leaves_no_table_behind():
    # What is protected cannot be deleted in a roll-back: it would stay, and each further try would leave four more.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    assert PARAMETERS["DeletionProtection"]["Default"] == "false"
    assert "Retain" not in {resource.get("DeletionPolicy") for resource in RESOURCES.values()}
