"""What the operator's commands find the guard by."""

import re

import pytest

from tests.template.stack import DEAD_LETTERS, OUTPUTS, PARAMETERS, ROOT, of_type

READERS = ("wiring/operator.py", "wiring/cost.py", "cli/cost.py")
WIRING = "".join((ROOT / "layers/sesguard/sesguard" / name).read_text() for name in READERS)


@pytest.mark.parametrize("name", re.findall(r'stack\.output\("(\w+)"\)', WIRING))
def test_what_the_commands_look_up_is_an_output(name):
    assert name in OUTPUTS


@pytest.mark.parametrize("name", re.findall(r'stack\.parameter\("(\w+)"\)', WIRING))
def test_what_the_commands_want_to_know_is_a_parameter(name):
    assert name in PARAMETERS


def test_the_commands_know_dead_letter_queues_by_their_names():
    assert {name for name in of_type("AWS::SQS::Queue") if name.endswith("DeadLetters")} == DEAD_LETTERS
