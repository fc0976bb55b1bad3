"""Who may send around a pause is looked for among all users and roles but the guard's own."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace

from sesguard.aws.doctor.access import SendingAccess
from sesguard.doctor.facts import DeploymentHome


def a_role(name):
    return {"RoleName": name, "Arn": f"arn:aws:iam::111122223333:role/{name}", "Path": "/"}


class Iam:
    """IAM with these roles, each of which may send as it likes."""

    def __init__(self, *roles):
        self.found = {"list_users": {"Users": []}, "list_roles": {"Roles": [a_role(name) for name in roles]}}

    def get_paginator(self, method):
        return SimpleNamespace(paginate=lambda: [self.found[method]])

    def simulate_principal_policy(self, **_):
        return {"EvaluationResults": [{"EvalDecision": "allowed"}]}


def test_a_role_that_is_only_called_like_the_guards_stack_is_looked_at():
    iam = Iam("mail-DeliverRole-1AB2CD", "mail-app", "mail-app-SenderRole-X1", "mail-test-DeliverRole-X1", "web")
    home = DeploymentHome("mail", "111122223333", "eu-west-1", "aws", {}, {})
    access = SendingAccess(SimpleNamespace(make=lambda _: iam), home, 10, Random(1))  # noqa: S311 (no secret)
    found = access.senders(["acme.example"]).seen
    assert [each.arn.rpartition("/")[2] for each in found] == [
        "mail-app", "mail-app-SenderRole-X1", "mail-test-DeliverRole-X1", "web"
    ]  # fmt: skip
