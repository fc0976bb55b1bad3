"""The tables of counting where a test asks for no others."""

import pytest

from tests.fakes.tables import in_moto


@pytest.fixture
def client():
    """DynamoDB in moto, with both tables empty."""
    with in_moto() as client:
        yield client
