"""The port ``SmtpUsers`` over IAM and Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from sesguard.aws.clients import Clients, calling, calling_unless
from sesguard.aws.ses.calls import as_tags, listed
from sesguard.provisioning.smtp import POLICY_NAME
from sesguard.provisioning.smtp_credentials import AccessKey

_NO_USER: Final = "NoSuchEntity", "NoSuchEntityException"
_GONE: Final = "ResourceNotFoundException"


class AwsSmtpUsers:
    """IAM is of no region; the secret is kept in the guard's."""

    ACTIONS: ClassVar = frozenset(
        """
        iam:ListUserTags iam:CreateUser iam:TagUser iam:PutUserPolicy iam:DeleteUserPolicy iam:DeleteUser
        iam:ListAccessKeys iam:CreateAccessKey iam:DeleteAccessKey
        secretsmanager:DescribeSecret secretsmanager:CreateSecret secretsmanager:TagResource
        secretsmanager:PutSecretValue secretsmanager:GetSecretValue secretsmanager:DeleteSecret
        """.split()
    )

    def __init__(self, clients: Clients) -> None:
        self._iam: Any = clients.make("iam")
        self._secrets: Any = clients.make("secretsmanager")

    def tags_of_user(self, user: str) -> Mapping[str, str] | None:
        with calling_unless("ListUserTags", *_NO_USER):
            return as_tags(self._iam.list_user_tags(UserName=user).get("Tags"))
        return None

    def make_user(self, user: str, tags: Mapping[str, str]) -> None:
        with calling("CreateUser"):
            self._iam.create_user(UserName=user, Tags=listed(tags))

    def put_policy(self, user: str, document: Mapping[str, Any]) -> None:
        with calling("PutUserPolicy"):
            self._iam.put_user_policy(UserName=user, PolicyName=POLICY_NAME, PolicyDocument=json.dumps(document))

    def keys(self, user: str) -> Sequence[AccessKey]:
        with calling("ListAccessKeys"):
            found = self._iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        return [AccessKey(each["AccessKeyId"]) for each in sorted(found, key=lambda each: each["CreateDate"])]

    def make_key(self, user: str) -> AccessKey:
        with calling("CreateAccessKey"):
            made = self._iam.create_access_key(UserName=user)["AccessKey"]
        return AccessKey(made["AccessKeyId"], made["SecretAccessKey"])

    def delete_key(self, user: str, key: str) -> None:
        with calling("DeleteAccessKey"):
            self._iam.delete_access_key(UserName=user, AccessKeyId=key)

    def delete_user(self, user: str) -> None:
        with calling_unless("DeleteUserPolicy", *_NO_USER):
            self._iam.delete_user_policy(UserName=user, PolicyName=POLICY_NAME)
        with calling("DeleteUser"):
            self._iam.delete_user(UserName=user)

    def tags_of_secret(self, name: str) -> Mapping[str, str] | None:
        with calling_unless("DescribeSecret", _GONE):
            return as_tags(self._secrets.describe_secret(SecretId=name).get("Tags"))
        return None

    def read_secret(self, name: str) -> str:
        with calling_unless("GetSecretValue", _GONE):
            return str(self._secrets.get_secret_value(SecretId=name).get("SecretString") or "")
        return ""

    def put_secret(self, name: str, text: str, tags: Mapping[str, str], *, new: bool) -> None:
        if new:
            with calling("CreateSecret"):
                self._secrets.create_secret(Name=name, SecretString=text, Tags=listed(tags))
            return
        with calling("PutSecretValue"):
            self._secrets.put_secret_value(SecretId=name, SecretString=text)

    def delete_secret(self, name: str) -> None:
        with calling("DeleteSecret"):  # what it holds works no more, and its name has to be free
            self._secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
