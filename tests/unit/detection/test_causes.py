"""Status codes by what they say about why mail was refused."""

from __future__ import annotations

import pytest

from sesguard.detection.causes import Cause, causes_of, family_of


@pytest.mark.parametrize(
    ("cause", "codes"),
    [
        (Cause.ADDRESS, "5.1.1 5.1.10 5.2.1 5.4.4 4.1.1"),
        (Cause.AUTHENTICATION, "5.7.20 5.7.26 5.7.30 5.7.509 5.7.515"),
        (Cause.POLICY, "5.7.1 5.7.28 5.7.606 5.7.708"),
        (Cause.FULL, "5.2.2 4.2.2"),
        (Cause.CONTENT, "5.6.0 5.3.4"),
        (Cause.OTHER, "5.0.0 5.3.0 550 5.1 5.7.99999"),
    ],
)
def test_a_code_is_in_one_family(cause: Cause, codes: str) -> None:
    assert {family_of(code) for code in codes.split()} == {cause}


def test_counts_are_summed_by_family_the_largest_first_and_what_has_no_code_is_left_out() -> None:
    found = causes_of({"5.7.26": 2, "5.1.1": 3, "5.7.25": 2, "": 9})
    assert found == ((Cause.AUTHENTICATION, 4), (Cause.ADDRESS, 3))
