"""Moments come in the order in which they became visible, however they lie and however many they are."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from sesguard.backtest.moment import CodedBounce, Resume, SeenBounces, SeenMoment, Send, SendByBus
from sesguard.backtest.order import in_order


def some_moments(many: int) -> list[SeenMoment]:
    return [SeenMoment(f"stream-{number}", number * 7 % 50, [Send(0.0, number)]) for number in range(many)]


@pytest.mark.parametrize("most_held", [1, 7, 99, 100, 101, 1_000])
def test_moments_come_by_time_and_those_of_one_second_as_they_lay(most_held: int) -> None:
    moments = some_moments(100)
    expected = sorted(moments, key=lambda moment: moment.seen_at)
    assert list(in_order(moments, most_held)) == expected


@pytest.mark.parametrize("most_held", [1, 3, 10, 11])
@pytest.mark.parametrize("early", [-1, 0, 4, 9])
def test_a_moment_out_of_turn_finds_its_place_wherever_it_lies(most_held: int, early: int) -> None:
    moments = [SeenMoment("a", float(10 * number), []) for number in range(1, 11)]
    lies = [*moments[:early], SeenMoment("late", 25.0, []), *moments[early:]] if early >= 0 else moments
    assert list(in_order(lies, most_held)) == sorted(lies, key=lambda moment: moment.seen_at)


def test_what_goes_through_a_file_comes_back_whole() -> None:
    moment = SeenMoment(
        "a/b/c",
        7.25,
        [CodedBounce(1.5, 2, "x.example", codes=(("5.1.1", 2),)), SeenBounces(1.0, 1), SendByBus(0.0, 3), Resume()],
        identity="0f",
    )
    assert list(in_order([moment, SeenMoment("z", 1.0, [])], most_held=1)) == [SeenMoment("z", 1.0, []), moment]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_named_by_the_folder_of_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: Path("/dev/full").open("wb"))  # noqa: SIM115  # closed by in_order
    with pytest.raises(OSError, match="No space left on device") as caught:
        list(in_order(some_moments(10), most_held=3))
    assert caught.value.filename == tempfile.gettempdir()


def test_nothing_is_no_moment() -> None:
    assert list(in_order([])) == []
