"""The port ``AccessFacts`` over IAM's simulation: of users and roles, without calling SES.

A policy that names identities only does not let its user name a configuration set: SES asks for both.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from random import Random
from typing import Any, ClassVar, Final

from sesguard.aws.clients import Clients, calling
from sesguard.doctor.facts import DeploymentHome, Sampled, SenderFacts

_ACTIONS: Final = ("ses:SendEmail", "ses:SendRawEmail")
_NOBODYS: Final = "configuration-set/sesguard-of-nobody"
_OF_SERVICES: Final = "/aws-service-role/"


class SendingAccess:
    """Simulates it. most: of how many users and roles. chance: which."""

    ACTIONS: ClassVar = frozenset({"iam:ListUsers", "iam:ListRoles", "iam:SimulatePrincipalPolicy"})

    def __init__(self, clients: Clients, home: DeploymentHome, most: int, chance: Random) -> None:
        self._client: Any = clients.make("iam")
        self._home = home
        self._most = most
        self._chance = chance

    def senders(self, identities: Collection[str]) -> Sampled[SenderFacts]:
        names = list(self._principals())
        chosen = sorted(self._chance.sample(names, self._most)) if len(names) > self._most else names
        resources = [self._home.arn("ses", f"identity/{each}") for each in sorted(identities)[:1]]
        found = [SenderFacts(each, self._any_set(each, resources)) for each in chosen]
        return Sampled(tuple(found), len(names))

    def _any_set(self, principal: str, identities: Collection[str]) -> bool:
        """Whether it may send by each of ``identities``, and by a set that is nobody's."""
        return all(self._may(principal, resource) for resource in (*identities, self._home.arn("ses", _NOBODYS)))

    def _may(self, principal: str, resource: str) -> bool:
        with calling("SimulatePrincipalPolicy"):
            answer = self._client.simulate_principal_policy(
                PolicySourceArn=principal, ActionNames=list(_ACTIONS), ResourceArns=[resource]
            )
        return any(each["EvalDecision"] == "allowed" for each in answer.get("EvaluationResults", ()))

    def _principals(self) -> Iterator[str]:
        for operation, method, key in (("ListUsers", "list_users", "Users"), ("ListRoles", "list_roles", "Roles")):
            with calling(operation):
                for page in self._client.get_paginator(method).paginate():
                    for each in page[key]:
                        if not each["Path"].startswith(_OF_SERVICES) and not self._guards_own(each):
                            yield each["Arn"]

    def _guards_own(self, found: dict[str, Any]) -> bool:
        # As CloudFormation names them: by stack, the resource's name (here all end so), and a few letters by chance.
        # By the stack alone, a role of the stack's maker's own, such as sesguard-app, would be trusted unseen.
        own = rf"{re.escape(self._home.stack)}-[A-Z][a-z]+Role-[A-Za-z0-9]+"
        return re.fullmatch(own, str(found.get("RoleName", ""))) is not None
