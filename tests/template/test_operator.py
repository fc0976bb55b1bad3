"""What the operator's commands find the guard by."""

import re

import pytest

from sesguard import __version__
from tests.template.stack import DEAD_LETTERS, OUTPUTS, PARAMETERS, ROOT, of_type

READERS = ("wiring/operator.py", "wiring/cost.py", "wiring/doctor.py", "cli/cost.py")
DOCTOR = "".join(path.read_text() for path in (ROOT / "layers/sesguard/sesguard/doctor").glob("*.py"))
WIRING = "".join((ROOT / "layers/sesguard/sesguard" / name).read_text() for name in READERS)


@pytest.mark.parametrize("name", re.findall(r'stack\.output\("(\w+)"\)', WIRING))
def test_what_the_commands_look_up_is_an_output(name):
    assert name in OUTPUTS


@pytest.mark.parametrize("name", re.findall(r'stack\.parameter\("(\w+)"\)', WIRING))
def test_what_the_commands_want_to_know_is_a_parameter(name):
    assert name in PARAMETERS


def test_the_commands_know_dead_letter_queues_by_their_names():
    assert {name for name in of_type("AWS::SQS::Queue") if name.endswith("DeadLetters")} == DEAD_LETTERS


def test_the_stack_says_of_which_version_it_is():
    assert OUTPUTS["Version"]["Value"] == __version__


@pytest.mark.parametrize("name", re.findall(r"outputs(?:\.get\(|\[)\"(\w+)\"", DOCTOR))
def test_what_doctor_looks_up_is_an_output(name):
    assert name in OUTPUTS
