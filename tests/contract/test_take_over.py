"""A new stack takes over the tables that an earlier one has kept, as docs/removing.md has it."""

import json

import pytest
import yaml

from localcloud.cloud import ROOT
from localcloud.take_over import KEPT, tables_template, to_import
from tests.template.stack import TABLES, TEMPLATE

pytestmark = pytest.mark.emulator
TEXT = (ROOT / "template.yaml").read_text()


def test_the_tables_are_cut_out_as_they_stand_in_the_template():
    resources = TEMPLATE["Resources"]
    kept = {name for name, each in resources.items() if each.get("DeletionPolicy") == "RetainExceptOnCreate"}
    assert set(KEPT) == kept
    cut = yaml.safe_load(tables_template(TEXT).replace("!Ref ", ""))
    for name in KEPT:
        properties = json.loads(json.dumps(TABLES[name]))
        properties["DeletionProtectionEnabled"] = "DeletionProtection"
        assert cut["Resources"][name]["Properties"] == properties


def test_a_table_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="no StreamsTable"):
        tables_template("Resources:\n")


def _make(aws, name):
    table = TABLES[name]
    request = {key: table[key] for key in ("BillingMode", "AttributeDefinitions", "KeySchema")}
    for key in ("GlobalSecondaryIndexes",):
        request |= {key: table[key]} if key in table else {}
    if "StreamSpecification" in table:
        request["StreamSpecification"] = {"StreamEnabled": True, **table["StreamSpecification"]}
    aws.dynamodb.create_table(TableName=f"kept-{name}", **request)
    return f"kept-{name}"


def test_a_stack_that_is_not_there_yet_imports_them_with_what_they_hold_and_grows(aws):
    names = {name: _make(aws, name) for name in KEPT}
    aws.dynamodb.put_item(TableName=names["TenantsTable"], Item={"id": {"S": "acme"}})
    template = tables_template(TEXT)
    aws.cloudformation.create_change_set(
        StackName="sesguard",
        ChangeSetName="take-over",
        ChangeSetType="IMPORT",
        TemplateBody=template,
        ResourcesToImport=to_import(names),
    )
    aws.cloudformation.get_waiter("change_set_create_complete").wait(StackName="sesguard", ChangeSetName="take-over")
    aws.cloudformation.execute_change_set(StackName="sesguard", ChangeSetName="take-over")

    def status():
        return aws.cloudformation.describe_stacks(StackName="sesguard")["Stacks"][0]["StackStatus"]

    aws.wait_until(lambda: status() == "IMPORT_COMPLETE", status)
    # As `sam deploy` does then: the same tables, and everything else.
    aws.cloudformation.update_stack(
        StackName="sesguard", TemplateBody=template + "  Queue:\n    Type: AWS::SQS::Queue\n"
    )
    aws.wait_until(lambda: status() == "UPDATE_COMPLETE", status)
    resources = aws.cloudformation.describe_stack_resources(StackName="sesguard")["StackResources"]
    physical = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    assert {name: physical[name] for name in KEPT} == names
    item = aws.dynamodb.get_item(TableName=physical["TenantsTable"], Key={"id": {"S": "acme"}})
    assert item["Item"]["id"] == {"S": "acme"}
