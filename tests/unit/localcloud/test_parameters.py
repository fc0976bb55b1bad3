"""Parameters that a run is given: what the template does not have is refused, and not ignored."""

from __future__ import annotations

import pytest

from localcloud.parameters import parameters_of


def test_parameters_of_the_template_are_taken():
    assert parameters_of(["DefaultMode=observe", "NoticeSender=a=b@example.com"]) == {
        "DefaultMode": "observe",
        "NoticeSender": "a=b@example.com",
    }


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("DefaultMod=observe", "'DefaultMod=observe' is no parameter of the template: did you mean DefaultMode?"),
        ("DefaultMode=obsrve", "'DefaultMode=obsrve': DefaultMode is one of enforce, observe"),
        ("DefaultMode", "'DefaultMode' is no parameter of the template: expected NAME=VALUE, such as Defau"),
        ("HourlyPauses=many", "'HourlyPauses=many': HourlyPauses is a number from 1 to 1000"),
        ("HourlyPauses=0", "'HourlyPauses=0': HourlyPauses is a number from 1 to 1000"),
        ("NoticeSender=me", "'NoticeSender=me': NoticeSender is one address without a display name"),
        ("PageUrl=https://a.example/page", "'PageUrl=https://a.example/page': PageUrl is the local cloud's own page"),
        ("DeletionProtection=yes", "'DeletionProtection=yes': DeletionProtection is one of true, false"),
    ],
)
def test_what_is_none_is_refused_with_what_was_expected(word, said):
    with pytest.raises(ValueError, match=said.replace("?", r"\?")):
        parameters_of([word])
