"""What DynamoDB refuses, the local cloud refuses: else an expression works here and fails on AWS.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from collections.abc import Callable
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.emulator
KEY: Final = {"tenant": {"S": "acme"}, "cohort": {"N": "1"}}
OTHER: Final = {"tenant": {"S": "acme"}, "cohort": {"N": "2"}}
ONE: Final = {":one": {"N": "1"}}


def a_table(aws):
    """Make a table of streams; give its client."""
    aws.dynamodb.create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "tenant", "KeyType": "HASH"}, {"AttributeName": "cohort", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "tenant", "AttributeType": "S"},
            {"AttributeName": "cohort", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return aws.dynamodb


def update(dynamodb, expression, **more):
    return dynamodb.update_item(TableName="table", **({"Key": KEY, "UpdateExpression": expression} | more))


def put(dynamodb, item=None, **more):
    return dynamodb.put_item(TableName="table", Item=KEY | (item or {}), **more)


def delete(dynamodb, condition, **more):
    return dynamodb.delete_item(TableName="table", Key=KEY, ConditionExpression=condition, **more)


def query(dynamodb, key="tenant = :one", **more):
    request = {"KeyConditionExpression": key, "ExpressionAttributeValues": {":one": {"S": "acme"}}} | more
    return dynamodb.query(TableName="table", **request)


def scan(dynamodb, **more):
    return dynamodb.scan(TableName="table", **more)


def get(dynamodb, **more):
    return dynamodb.get_item(**({"TableName": "table", "Key": KEY} | more))


def write(dynamodb, *actions):
    return dynamodb.transact_write_items(TransactItems=list(actions))


def an_update(expression, key=None, **more):
    return {"Update": {"TableName": "table", "Key": key or KEY, "UpdateExpression": expression} | more}


def a_check(condition, **more):
    return {"ConditionCheck": {"TableName": "table", "Key": KEY, "ConditionExpression": condition} | more}


def a_put(number):
    return {"Put": {"TableName": "table", "Item": KEY | {"cohort": {"N": str(number)}}}}


def a_batch(dynamodb, *items):
    return dynamodb.batch_write_item(RequestItems={"table": [{"PutRequest": {"Item": each}} for each in items]})


LONG: Final = " AND ".join(f"attribute_not_exists(a_name_that_is_rather_long_{n:03})" for n in range(90))
VALUED: Final = {"ExpressionAttributeValues": ONE}
NAMED: Final = {"ExpressionAttributeNames": {"#status": "status"}}
DISTINCT: Final = {f":v{n}": {"N": str(n)} for n in range(101)}

REFUSED: Final[dict[str, Callable[[Any], Any]]] = {
    "a reserved word that is set": lambda db: update(db, "SET status = :one", **VALUED),
    "a reserved word, in capitals": lambda db: update(db, "SET STATUS = :one", **VALUED),
    "a reserved word that is added to": lambda db: update(db, "ADD hour :one", **VALUED),
    "a reserved word that is removed": lambda db: update(db, "REMOVE region"),
    "a reserved word that is deleted from": lambda db: update(
        db, "DELETE names :one", ExpressionAttributeValues={":one": {"SS": ["a"]}}
    ),
    "a reserved word that is read by an update": lambda db: update(db, "SET a = if_not_exists(total, :one)", **VALUED),
    "a reserved word within a path": lambda db: update(db, "SET a.status = :one", **VALUED),
    "a reserved word in an update's condition": lambda db: update(
        db, "SET a = :one", ConditionExpression="attribute_not_exists(day)", **VALUED
    ),
    "a reserved word in a put's condition": lambda db: put(db, ConditionExpression="attribute_not_exists(owner)"),
    "a reserved word in a deletion's condition": lambda db: delete(db, "time = :one", **VALUED),
    "a reserved word in a condition's path": lambda db: delete(db, "a.state = :one", **VALUED),
    "a reserved word in a size": lambda db: delete(db, "size(items) > :one", **VALUED),
    "a reserved word in a filter": lambda db: query(db, FilterExpression="state = :one"),
    "a reserved word in a scan's filter": lambda db: scan(db, FilterExpression="attribute_exists(role)"),
    "a reserved word in a key's condition": lambda db: query(db, "tenant = :one AND at = :one"),
    "a reserved word in a projection": lambda db: get(db, ProjectionExpression="tenant, data"),
    "a reserved word in a query's projection": lambda db: query(db, ProjectionExpression="counter"),
    "a reserved word in a scan's projection": lambda db: scan(db, ProjectionExpression="a.day"),
    "a reserved word in a batch's projection": lambda db: db.batch_get_item(
        RequestItems={"table": {"Keys": [KEY], "ProjectionExpression": "zone"}}
    ),
    "a reserved word in a transaction's update": lambda db: write(db, an_update("SET status = :one", **VALUED)),
    "a reserved word in a transaction's condition": lambda db: write(
        db, an_update("SET a = :one", ConditionExpression="attribute_exists(plan)", **VALUED)
    ),
    "a reserved word in a transaction's check": lambda db: write(db, a_check("attribute_exists(total)")),
    "a name that is not used": lambda db: update(db, "SET a = :one", **NAMED, **VALUED),
    "a name that is not used by a put": lambda db: put(db, ConditionExpression="attribute_exists(a)", **NAMED),
    "a name that is not used by a deletion": lambda db: delete(db, "attribute_exists(a)", **NAMED),
    "a name that is not used by a query": lambda db: query(db, **NAMED),
    "a name that is not used by a get": lambda db: get(db, ProjectionExpression="a", **NAMED),
    "a name that is not used by a scan": lambda db: scan(db, ProjectionExpression="a", **NAMED),
    "a name that is not used in a transaction": lambda db: write(db, an_update("SET a = :one", **NAMED, **VALUED)),
    "a name that is not used by a check": lambda db: write(db, a_check("attribute_exists(a)", **NAMED)),
    "a name without any expression": lambda db: get(db, **NAMED),
    "a value without any expression": lambda db: put(db, **VALUED),
    "a name that is not given": lambda db: update(db, "SET #a = :one", **VALUED),
    "a value that is not used": lambda db: update(db, "REMOVE a", **VALUED),
    "a value that is not used by a put": lambda db: put(db, ConditionExpression="attribute_exists(a)", **VALUED),
    "a value that is not used by a deletion": lambda db: delete(db, "attribute_exists(a)", **VALUED),
    "a value that is not used by a query": lambda db: query(
        db, ExpressionAttributeValues={":one": {"S": "acme"}, ":two": {"N": "2"}}
    ),
    "a value that is not used by a scan": lambda db: scan(db, FilterExpression="attribute_exists(a)", **VALUED),
    "a value that is not used in a transaction": lambda db: write(db, an_update("REMOVE a", **VALUED)),
    "a value that is not used by a check": lambda db: write(db, a_check("attribute_exists(a)", **VALUED)),
    "a value that is not given": lambda db: update(db, "SET a = :two"),
    "a value that is not given, in a condition": lambda db: put(db, ConditionExpression="a = :two"),
    "an empty set": lambda db: put(db, {"a": {"SS": []}}),
    "an empty set that is set": lambda db: update(db, "SET a = :e", ExpressionAttributeValues={":e": {"SS": []}}),
    "an empty set in a transaction": lambda db: write(
        db, an_update("ADD a :e", ExpressionAttributeValues={":e": {"NS": []}})
    ),
    "an empty set in a batch": lambda db: a_batch(db, KEY | {"a": {"NS": []}}),
    "a set that has a member twice": lambda db: put(db, {"a": {"SS": ["b", "b"]}}),
    "a set that has a member twice, in an update": lambda db: update(
        db, "ADD a :e", ExpressionAttributeValues={":e": {"SS": ["b", "b"]}}
    ),
    "an expression over 4 KB": lambda db: put(db, ConditionExpression=LONG),
    "an update over 4 KB": lambda db: update(
        db, "REMOVE " + ", ".join(f"a_rather_long_name_{n:04}" for n in range(200))
    ),
    "an expression over 4 KB in a transaction": lambda db: write(db, a_check(LONG)),
    "an item over 400 KB": lambda db: put(db, {"a": {"B": b"x" * 410_000}}),
    "an item that an update takes over 400 KB": lambda db: (
        put(db, {"a": {"B": b"x" * 300_000}}),
        update(db, "SET b = :big", ExpressionAttributeValues={":big": {"B": b"x" * 150_000}}),
    ),
    "an item over 400 KB in a transaction": lambda db: (
        put(db, {"a": {"B": b"x" * 300_000}}),
        write(db, an_update("SET b = :big", ExpressionAttributeValues={":big": {"B": b"x" * 150_000}})),
    ),
    "an item over 400 KB in a batch": lambda db: a_batch(db, KEY | {"a": {"B": b"x" * 410_000}}),
    "101 actions": lambda db: write(db, *(a_put(number) for number in range(101))),
    "26 items in a batch": lambda db: a_batch(db, *(KEY | {"cohort": {"N": str(n)}} for n in range(26))),
    "101 keys in a batch": lambda db: db.batch_get_item(
        RequestItems={"table": {"Keys": [KEY | {"cohort": {"N": str(n)}} for n in range(101)]}}
    ),
    "101 values of one IN": lambda db: delete(db, f"a IN ({', '.join(DISTINCT)})", ExpressionAttributeValues=DISTINCT),
    "two actions on one item": lambda db: write(
        db, an_update("SET a = :one", **VALUED), a_check("attribute_exists(a)")
    ),
    "one item twice in a batch": lambda db: a_batch(db, KEY, KEY),
    "one key twice in a batch": lambda db: db.batch_get_item(RequestItems={"table": {"Keys": [KEY, KEY]}}),
    "two changes of one attribute": lambda db: update(db, "SET a = :one ADD a :one", **VALUED),
    "a change of a map and of what it holds": lambda db: update(db, "SET a = :one, a.b = :one", **VALUED),
    "two clauses of one kind": lambda db: update(db, "SET a = :one SET b = :one", **VALUED),
    "an update of the key": lambda db: update(db, "SET cohort = :one", **VALUED),
    "an update of the key in a transaction": lambda db: write(db, an_update("SET cohort = :one", **VALUED)),
    "an update of what is not there": lambda db: update(db, "SET a = b", Key=OTHER),
    "a change within a map that is not there": lambda db: update(db, "SET a.b = :one", **VALUED),
    "a text that is added": lambda db: update(db, "ADD a :e", ExpressionAttributeValues={":e": {"S": "b"}}),
    "a number that is added to a text": lambda db: (put(db, {"a": {"S": "b"}}), update(db, "ADD a :one", **VALUED)),
    "a key of the wrong type": lambda db: put(db, {"cohort": {"S": "1"}}),
    "a key of the wrong type, read": lambda db: get(db, Key=KEY | {"cohort": {"S": "1"}}),
    "a key of the wrong type, updated": lambda db: update(
        db, "SET a = :one", Key=KEY | {"cohort": {"S": "1"}}, **VALUED
    ),
    "a key of the wrong type, in a batch": lambda db: a_batch(db, KEY | {"cohort": {"S": "1"}}),
    "a key of the wrong type, in a transaction": lambda db: write(
        db, an_update("SET a = :one", KEY | {"cohort": {"S": "1"}}, **VALUED)
    ),
    "a key of the wrong type, in a query": lambda db: query(db, ExpressionAttributeValues={":one": {"N": "1"}}),
    "a key without its range": lambda db: get(db, Key={"tenant": {"S": "acme"}}),
    "a key with one attribute more": lambda db: get(db, Key=KEY | {"a": {"S": "b"}}),
    "an empty key": lambda db: put(db, {"tenant": {"S": ""}}),
    "a key over 2,048 bytes": lambda db: put(db, {"tenant": {"S": "a" * 2_049}}),
    "a number of 39 digits": lambda db: put(db, {"a": {"N": "1" * 39}}),
    "a number that is none": lambda db: put(db, {"a": {"N": "NaN"}}),
    "a number over 1e126": lambda db: update(db, "SET a = :e", ExpressionAttributeValues={":e": {"N": "1e126"}}),
    "a filter on a key": lambda db: query(db, FilterExpression="cohort = :one"),
    "two conditions on a range": lambda db: query(
        db,
        "tenant = :one AND cohort > :a AND cohort < :a",
        ExpressionAttributeValues={":one": {"S": "acme"}, ":a": {"N": "1"}},
    ),
    "a query for other than one partition": lambda db: query(db, "tenant > :one"),
    "bounds that are the wrong way round": lambda db: query(
        db,
        "tenant = :one AND cohort BETWEEN :b AND :a",
        ExpressionAttributeValues={":one": {"S": "acme"}, ":a": {"N": "1"}, ":b": {"N": "2"}},
    ),
    "a consistent read of an index that is not there": lambda db: query(db, IndexName="none"),
}
SAYING: Final = {
    "a reserved word": "Attribute name is a reserved keyword; reserved keyword: ",
    "two changes of": "Two document paths overlap with each other",
    "a change of": "Two document paths overlap with each other",
    "101 values of": "too many operands; number of operands: 101",
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_refuses(aws, what):
    dynamodb = a_table(aws)
    with pytest.raises(ClientError) as refused:
        REFUSED[what](dynamodb)
    error = refused.value.response["Error"]
    assert error["Code"] in ("ValidationException", "TransactionCanceledException")
    assert SAYING.get(" ".join(what.split()[:3]).rstrip(","), "") in error["Message"]
