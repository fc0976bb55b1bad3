"""Each field of the settings says how it is read, and nothing else is described."""

from dataclasses import fields

import pytest

from sesguard.aws import settings

EVERY = [each for each in vars(settings).values() if isinstance(each, type) and issubclass(each, settings.Settings)]


@pytest.mark.parametrize("kind", EVERY)
def test_every_field_of_every_settings_class_says_how_it_is_read(kind):
    assert {field.name for field in fields(kind)} <= settings.VARIABLES.keys()


def test_no_variable_is_described_that_nobody_is_told():
    assert {field.name for kind in EVERY for field in fields(kind)} == settings.VARIABLES.keys()
