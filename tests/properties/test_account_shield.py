"""Whatever an account's streams sent, pausing as many as the shield says clears it, and no smaller number would."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from sesguard.account.contributors import assess, total, until_clear
from sesguard.account.sums import Lines, Sums, over
from tests.fakes.account import HOME, stream

LINES = Lines()
mail = st.tuples(st.integers(1, 5_000), st.integers(0, 1_000)).map(lambda it: Sums(max(it), min(it)))
platforms = st.lists(mail, min_size=1, max_size=7).map(
    lambda mails: {stream(f"shop-{number}"): sums for number, sums in enumerate(mails)}
)


def cleared(platform, paused) -> bool:
    left = total(sums for name, sums in platform.items() if name not in paused)
    return "bounces" not in over(left, LINES)


@given(platforms)
def test_it_is_cleared_by_those_and_by_no_smaller_number(platform):
    assessment = assess(platform, ["bounces"], LINES, off=(), spared=())
    paused = {each.stream for each in until_clear(assessment, ["bounces"], LINES)}
    assert cleared(platform, paused)
    fewer = combinations(platform, len(paused) - 1) if paused else ()
    assert not any(cleared(platform, set(others)) for others in fewer)


@given(platforms, mail)
def test_what_cannot_be_paused_is_never_to_be_paused_and_sums_never_fall_below_nothing(platform, unattributed):
    assessment = assess({**platform, HOME: unattributed}, ["bounces"], LINES, off=(), spared=())
    assert HOME not in {each.stream for each in until_clear(assessment, ["bounces"], LINES)}
    for each in assessment.contributors:
        assert min(each.projected) >= 0
        assert each.projected.volume <= assessment.going_on.volume
