"""A platform's own template may loop, or grow, without end: the notice goes out all the same, by the built-in one."""

from __future__ import annotations

import os

import pytest

from sesguard.cli.notices.samples import samples
from sesguard.notices.bounded import in_child
from sesguard.notices.wording import Wording


def test_what_a_child_makes_comes_back_whole():
    assert in_child(lambda: ("ä" * 1_000_000, 3)) == ("ä" * 1_000_000, 3)


def test_within_a_child_no_other_is_made():
    ours, theirs = os.getpid(), in_child(lambda: (os.getpid(), in_child(os.getpid)))
    assert theirs[0] == theirs[1] != ours
    assert in_child(os.getpid) != ours


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{{ 'a' * 10**9 }}",
        "{{ '%01000000000d' % 1 }}",
        "{{ 'a'.ljust(10**9) }}",
        "{{ 'a'|center(1000000000) }}",
        "{{ (10**10)**(10**8) }}",
        "{% macro again() %}{{ again() }}{{ again() }}{% endmacro %}{{ again() }}",
        "{% for a in range(99999) %}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}",
    ],
)
def test_a_template_without_end_ends(source):
    wording = Wording.with_own({"layout.txt": source}, {})
    sample = next(sample for sample in samples() if sample.name == "paused")
    built_in = sample.write(Wording.built_in())
    message = sample.write(wording)
    assert message.text == built_in.text
    (problem,) = message.problems
    assert problem.startswith("layout.txt")
