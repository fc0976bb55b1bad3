"""Secrets of a template: generated as it asks, and named by their ARN.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-secretsmanager-secret.html

`Ref` returns the ARN, where the emulator returns the name, so that a policy which names the secret allows nothing.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners

from localcloud.gaps import patching

_TYPE: Final = "AWS::SecretsManager::Secret"
# How GetRandomPassword's switches begin, which a template may write as words.
_SWITCHES: Final = ("ExcludeLower", "ExcludeNumbers", "ExcludePunctuation", "ExcludeUpper", "IncludeSpace", "Require")
Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]

_create: Callable[..., Made] = patching.original(provisioners, "_sm_secret_create", "logical_id props stack_name")
_update: Callable[..., Made] = patching.original(
    provisioners, "_sm_secret_update", "physical_id old_props new_props stack_name logical_id"
)
_delete: Callable[..., None] = patching.original(provisioners, "_sm_secret_delete", "physical_id props")


def install() -> None:
    patching.original(secretsmanager, "_get_random_password", "data")
    patching.replace(provisioners, "_sm_secret_string", "props", secret_string)
    handlers = provisioners._RESOURCE_HANDLERS[_TYPE]
    handlers["create"], handlers["update"], handlers["delete"] = create, update, delete


def create(logical_id: str, props: Properties, stack_name: str) -> Made:
    _, attributes = _create(logical_id, props, stack_name)
    return attributes["Arn"], attributes


def update(
    physical_id: str, old_props: Properties, new_props: Properties, stack_name: str, logical_id: str | None = None
) -> Made:
    _, attributes = _update(_name(physical_id), old_props, new_props, stack_name, logical_id)
    return attributes["Arn"], attributes


def delete(physical_id: str, props: Properties) -> None:
    _delete(_name(physical_id), props)


def _name(arn: str) -> str:
    found = (name for name, secret in secretsmanager._secrets.items() if secret["ARN"] == arn)
    return next(found, arn)


def secret_string(props: Properties) -> str:
    """The value that a template gives, or that is made as GetRandomPassword makes it."""
    asked = props.get("GenerateSecretString")
    if not asked or props.get("SecretString"):
        return str(props.get("SecretString", ""))
    switches = {name: str(value).lower() == "true" for name, value in asked.items() if name.startswith(_SWITCHES)}
    length = {"PasswordLength": int(asked.get("PasswordLength", 32))}
    status, _, body = secretsmanager._get_random_password({**asked, **switches, **length})
    if status >= 400:
        raise ValueError(body.decode())
    password: str = json.loads(body)["RandomPassword"]
    if "SecretStringTemplate" not in asked:
        return password
    return json.dumps({**json.loads(asked["SecretStringTemplate"]), asked["GenerateStringKey"]: password})
