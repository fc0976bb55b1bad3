"""CloudFormation makes Athena's named queries.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-athena-namedquery.html

The emulator has them in Athena and not in CloudFormation, so that a template that has any is refused. Every change of
one replaces it, as on AWS.
"""

from typing import Any, Final

from ministack.core.responses import new_uuid
from ministack.services import athena
from ministack.services.cloudformation import provisioners

from localcloud.gaps import patching

TYPE: Final = "AWS::Athena::NamedQuery"
Properties = dict[str, Any]


def install() -> None:
    patching.original(athena, "_create_named_query", "data")
    patching.original(athena, "_delete_named_query", "data")
    provisioners._RESOURCE_HANDLERS[TYPE] = {"create": create, "update": update, "delete": delete}


def create(logical_id: str, props: Properties, stack_name: str) -> tuple[str, Properties]:  # noqa: ARG001  # the emulator's
    """Make it; its id."""
    names = ("Name", "Description", "Database", "QueryString", "WorkGroup")
    name = new_uuid()
    athena._named_queries[name] = {"NamedQueryId": name, **{each: props.get(each, "") for each in names}}
    return name, {"NamedQueryId": name}


def update(
    physical_id: str, old_props: Properties, new_props: Properties, stack_name: str, logical_id: str | None = None
) -> tuple[str, Properties]:
    delete(physical_id, old_props)
    return create(logical_id or physical_id, new_props, stack_name)


def delete(physical_id: str, props: Properties) -> None:  # noqa: ARG001  # as above
    athena._delete_named_query({"NamedQueryId": physical_id})
