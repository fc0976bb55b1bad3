"""Each field of the settings says how it is read, and nothing else is described."""

import pytest

from sesguard.aws import settings

EVERY = [each for each in vars(settings).values() if isinstance(each, type) and issubclass(each, settings.Settings)]


@pytest.mark.parametrize("kind", EVERY)
def test_every_field_of_every_settings_class_says_how_it_is_read(kind):
    assert set(kind.__struct_fields__) <= settings.VARIABLES.keys()


def test_no_variable_is_described_that_nobody_is_told():
    assert {name for kind in EVERY for name in kind.__struct_fields__} == settings.VARIABLES.keys()
