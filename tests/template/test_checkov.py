"""What checkov finds and is meant so has its reason beside the resource; `make check` runs it on every template."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.template.stack import ROOT, load

TEMPLATES: Final = ["template.yaml", "lake/template.yaml", "central/template.yaml"]
# Resources that have these findings always: where a template gets another of them, it gets its reason, too.
FOUND: Final = {
    "AWS::Serverless::Function": {"CKV_AWS_115", "CKV_AWS_116", "CKV_AWS_117", "CKV_AWS_173"},
    "AWS::Logs::LogGroup": {"CKV_AWS_158"},
    "AWS::SQS::Queue": {"CKV_AWS_27"},
    "AWS::DynamoDB::Table": {"CKV_AWS_119"},
}


def reasons(template: str) -> dict[str, dict[str, str]]:
    """The reason of each finding, by resource."""
    found: dict[str, dict[str, str]] = {}
    resource = ""
    for line in (ROOT / template).read_text().splitlines():
        named = re.fullmatch(r"  (\w+):", line)
        resource = named[1] if named else resource
        if skip := re.search(r"# checkov:skip=(\w+): (.+)", line):
            found.setdefault(resource, {})[skip[1]] = skip[2]
    return found


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_reason_says_something(template):
    said = [reason for each in reasons(template).values() for reason in each.values()]
    assert said
    assert [reason for reason in said if len(reason.split()) < 6] == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_is_always_found_has_its_reason(template):
    given = reasons(template)
    resources = load((ROOT / template).read_text())["Resources"]
    lacking = {name: FOUND.get(each["Type"], set()) - set(given.get(name, {})) for name, each in resources.items()}
    assert {name: ids for name, ids in lacking.items() if ids} == {}


def test_every_template_that_is_deployed_is_checked():
    of_stacks = [path for path in Path(ROOT).glob("*/template.yaml") if path.parent.name not in (".aws-sam", "build")]
    assert {str(path.relative_to(ROOT)) for path in of_stacks} | {"template.yaml"} == set(TEMPLATES)
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    (checkov,) = re.findall(r"^\t@\S+/checkov --file (.+?)\s+--framework", makefile, re.MULTILINE)
    assert checkov.split() == TEMPLATES
