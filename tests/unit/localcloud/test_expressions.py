"""Which expressions DynamoDB refuses by themselves."""

import pytest

from localcloud.gaps.expressions import key_problem, operations, problem, updated

RESERVED = frozenset({"STATUS", "HOUR", "SIZE", "SET", "ADD", "AND", "IN"})
MANY = ", ".join(f":v{number}" for number in range(101))


@pytest.mark.parametrize(
    ("kind", "expression"),
    [
        ("UpdateExpression", "SET #status = :status, a.#hour = :hour ADD b[0] :one REMOVE c"),
        ("UpdateExpression", "set a = if_not_exists(#status, :one) + :one, b = list_append(b, :two)"),
        ("UpdateExpression", "ADD sent_hour :one, hours :one SET expires = :expires DELETE names_set :two"),
        ("ConditionExpression", "size(a) > :one AND NOT (a IN (:one, :two) OR a BETWEEN :one AND :two)"),
        ("FilterExpression", "attribute_exists(#status) and begins_with(a, :status)"),
        ("ProjectionExpression", "a, b.c[1], #status"),
    ],
)
def test_what_is_right_is_taken(kind, expression):
    assert problem({kind: expression}, RESERVED) is None


@pytest.mark.parametrize(
    ("kind", "expression", "reason"),
    [
        ("UpdateExpression", "SET a = :one, status = :two", "reserved keyword: status"),
        ("UpdateExpression", "SET a = hour + :one", "reserved keyword: hour"),
        ("UpdateExpression", "SET a.Status = :one", "reserved keyword: Status"),
        ("UpdateExpression", "SET a = :one SET b = :two", 'The "SET" section can only be used once'),
        ("UpdateExpression", "SET a = :one ADD a :two", "path one: [a], path two: [a]"),
        ("UpdateExpression", "SET a.b[1] = :one, a.b = :two", "path one: [a, b, [1]], path two: [a, b]"),
        ("ConditionExpression", "attribute_exists(hour)", "reserved keyword: hour"),
        ("ConditionExpression", f"a IN ({MANY})", "number of operands: 101"),
        ("FilterExpression", "size(a) > size", "reserved keyword: size"),
        ("ProjectionExpression", "a, a.status[2]", "reserved keyword: status"),
    ],
)
def test_what_is_wrong_is_named(kind, expression, reason):
    found = problem({kind: expression}, RESERVED)
    assert found is not None
    assert found.startswith(f"Invalid {kind}: ")
    assert reason in found


def test_an_alias_hides_no_second_change_of_one_attribute():
    names = {"#s": "sent"}
    update = {"UpdateExpression": "SET #s = :one ADD sent :two", "ExpressionAttributeNames": names}
    assert updated(update) == [("sent",), ("sent",)]
    assert "overlap" in (problem(update, RESERVED) or "")


def test_every_operation_of_a_batch_is_looked_at():
    update = {"TableName": "table", "UpdateExpression": "REMOVE hour"}
    assert list(operations({"TransactItems": [{"Update": update}, {"Put": {"TableName": "other"}}]})) == [
        update,
        {"TableName": "other"},
    ]
    batch = {"RequestItems": {"table": {"Keys": [], "ProjectionExpression": "hour"}, "other": [{"PutRequest": {}}]}}
    assert [each["TableName"] for each in operations(batch)] == ["table"]


def test_no_key_is_changed_and_none_is_filtered_by():
    names = {"#sort": "sort"}
    update = {"UpdateExpression": "SET #sort = :one", "ExpressionAttributeNames": names}
    query = {"KeyConditionExpression": "a = :one", "ExpressionAttributeNames": names}
    assert "Cannot update attribute sort" in (key_problem(update, {"sort"}) or "")
    assert "Primary key attribute: sort" in (key_problem(query | {"FilterExpression": "#sort > :one"}, {"sort"}) or "")
    for taken in ("other.#sort > :one", "other.sort = :one", "begins_with(b, :sort)"):
        assert key_problem(query | {"FilterExpression": taken}, {"sort"}) is None
    assert key_problem(update, {"other"}) is None
