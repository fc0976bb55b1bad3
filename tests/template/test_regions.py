"""The regions that docs/deploying.md names are those in which cfn-lint knows every resource of the template."""

import json
import re
import subprocess

import pytest

from localcloud.cloud import ROOT

pytestmark = pytest.mark.emulator  # needs the environment of the SAM CLI, which brings cfn-lint
_NO_SUCH_TYPE = re.compile(r"does not exist in '([\w-]+)'")
_LIST = re.compile(r"((?:    [a-z0-9 -]+\n)+)")
TEMPLATES = ("template.yaml", "central/template.yaml", "lake/template.yaml")


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_endpoint_and_no_arn_is_of_one_partition_alone(template):
    """A service's principal is called so in all of them; its endpoints are not: amazonaws.eu, amazonaws.com.cn."""
    lines = [line for line in (ROOT / template).read_text().splitlines() if not line.lstrip().startswith("#")]
    assert [line for line in lines if "amazonaws.com" in line and "Service: " not in line] == []
    assert [line for line in lines if "arn:aws:" in line and "key/none" not in line] == []


def test_the_regions_named_are_those_that_have_every_resource():
    document = (ROOT / "docs/deploying.md").read_text()
    section = document[document.index("## Regions") : document.index("## What SNS topics")]
    can, cannot = (set(block.split()) for block in _LIST.findall(section))
    done = subprocess.run(  # noqa: S603 (a tool of ours)
        [str(ROOT / ".venv-sam/bin/cfn-lint"), "-r", *sorted(can | cannot), "-f", "json", "-t", "template.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout)
    missing = {region for each in found for region in _NO_SUCH_TYPE.findall(each["Message"])}
    assert missing == cannot
    assert {each["Rule"]["Id"] for each in found} == {"E3006"}
