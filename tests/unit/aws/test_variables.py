"""A variable that is missing or wrong is named, with what is wrong and what in the template sets it."""

from enum import StrEnum

import pytest

from sesguard.aws import variables
from sesguard.errors import SettingsError


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def test_text_is_what_the_variable_holds():
    assert variables.text({"TABLE": "counts"}, "TABLE", "CountsTable") == "counts"


@pytest.mark.parametrize("environment", [{}, {"TABLE": ""}, {"TABLE": "  "}])
def test_text_that_is_not_there_names_variable_and_resource(environment):
    with pytest.raises(SettingsError) as error:
        variables.text(environment, "TABLE", "CountsTable")
    assert str(error.value) == "environment variable TABLE is missing or empty; template.yaml sets it from CountsTable"


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("FALSE", False), ("True", True)])
def test_a_flag_is_true_or_false(value, expected):
    assert variables.flag({"DRILL": value}, "DRILL", "Drill") is expected


@pytest.mark.parametrize("value", ["1", "yes", "tru"])
def test_any_other_flag_is_refused(value):
    with pytest.raises(SettingsError, match="expected true or false"):
        variables.flag({"DRILL": value}, "DRILL", "Drill")


def test_a_choice_is_one_of_the_names():
    assert variables.choice({"COLOUR": "red"}, "COLOUR", "Colour", Colour) is Colour.RED


def test_any_other_choice_is_refused_with_what_there_is():
    with pytest.raises(SettingsError, match="expected red or blue"):
        variables.choice({"COLOUR": "green"}, "COLOUR", "Colour", Colour)


@pytest.mark.parametrize("value", ["alarms", "arn:aws:sqs:eu-west-1:123456789012:alarms", "arn:aws:sns:eu-west-1"])
def test_a_topic_is_an_arn_of_sns(value):
    with pytest.raises(SettingsError, match="expected the ARN of an SNS topic"):
        variables.topic({"TOPIC": value}, "TOPIC", "AlarmTopic")


def test_a_wrong_value_is_cut_before_it_is_repeated():
    with pytest.raises(SettingsError) as error:
        variables.flag({"DRILL": "x" * 1_000}, "DRILL", "Drill")
    assert len(str(error.value)) < 200
