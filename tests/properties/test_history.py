"""A history that forgets late is one that forgets at once, whatever comes in late, whenever it is asked to forget."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sesguard.detection.breakdown import DAY
from sesguard.detection.columns import BOUNCED, COLUMNS_KEPT, DELIVERED, SENT, SENT_EVENTBRIDGE
from sesguard.detection.history import History
from sesguard.detection.rows import HOUR

START = 29_000_000


class AtOnce(History):
    """Forgets whenever it is asked to."""

    def prune(self, now: int) -> None:
        super().prune(now)
        self._drop_old()


LATE = st.one_of(st.integers(0, 3 * HOUR), st.integers(COLUMNS_KEPT - 90, COLUMNS_KEPT + 90), st.integers(0, 40 * DAY))
adds = st.tuples(
    st.sampled_from(["add", "bounce", "complain", "aside"]),
    LATE,
    st.sampled_from([SENT, SENT, DELIVERED, SENT_EVENTBRIDGE, BOUNCED]),
    st.integers(1, 30),
)
steps = st.tuples(st.sampled_from([1, 7, 61, 61, 200, DAY, 9 * DAY]), st.lists(adds, max_size=6))


def apply(history: History, minute: int, kind: str, column: int, count: int) -> Any:
    match kind:
        case "add":
            return history.add(minute, column, count)
        case "bounce":
            return history.add_bounces(minute, count, "gmail.com")
        case "complain":
            return history.add_complaints(minute, count, "gmail.com")
        case _:
            return history.set_aside(minute // 10 * 10, 10, "google", 0.5, count)


def seen(history: History, now: int) -> list[Any]:
    return [
        history.rows(now),
        history.days(now),
        history.weighed_volume(now),
        history.by_deliveries(),
        history.forgiven_from(now - DAY),
        history.set_aside_from(now - DAY),
        [history.hour_totals(hour) for hour in range((now - 2 * DAY) // HOUR, now // HOUR + 1)],
        [history.day_totals(day) for day in range(now // DAY - 31, now // DAY + 1)],
    ]


@given(st.lists(steps, min_size=1, max_size=12))
def test_it_forgets_late_what_it_forgets_at_once(happens: list[tuple[int, list[tuple[str, int, int, int]]]]) -> None:
    late, at_once = History(), AtOnce()
    now, tidy_at = START, 0
    for passed, added in happens:
        now += passed
        if now >= tidy_at:  # as a replay does
            tidy_at = now // HOUR * HOUR + HOUR
            late.prune(now)
            at_once.prune(now)
        for kind, before, column, count in added:
            args = now - before, kind, column, count
            assert apply(late, *args) == apply(at_once, *args)
        assert seen(late, now) == seen(at_once, now)
    assert sorted(late.minutes()) == sorted(at_once.minutes())
