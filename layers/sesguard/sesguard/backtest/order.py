"""Putting moments into the order in which they became visible, however many there are."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from operator import attrgetter
from typing import IO

import msgspec

from sesguard.backtest.moment import SeenMoment
from sesguard.errors import naming

MOST_HELD = 60_000
"""Moments kept in memory at once: about 40 MB. More go through temporary files, as sorted runs that are merged."""

_WRITTEN_AT_ONCE = 1_000

_seen_at = attrgetter("seen_at")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[SeenMoment]).decode


def in_order(moments: Iterable[SeenMoment], most_held: int = MOST_HELD) -> Iterator[SeenMoment]:
    """Yield ``moments`` by ``seen_at``; those of the same second in the order in which they came."""
    runs: list[IO[bytes]] = []
    held: list[SeenMoment] = []
    latest, in_turn = 0.0, True

    def follows(those: list[SeenMoment]) -> bool:
        """Whether what is sorted here comes after all that was written; so far, and with it."""
        nonlocal latest, in_turn
        if those:
            in_turn = in_turn and those[0].seen_at >= latest
            latest = those[-1].seen_at
        return in_turn

    try:
        for moment in moments:
            held.append(moment)
            if len(held) >= most_held:
                held.sort(key=_seen_at)
                follows(held)
                runs.append(tempfile.TemporaryFile())  # noqa: SIM115 - lives as long as the merge
                _write(held, runs[-1])
                held = []
        held.sort(key=_seen_at)
        if runs and not follows(held):
            yield from heapq.merge(*(_read(run) for run in runs), held, key=_seen_at)
        else:  # as what is recorded comes, nearly always
            yield from chain(*(_read(run) for run in runs), held)
    finally:
        for run in runs:
            with suppress(OSError):  # of what a full disk does not take
                run.close()


def _write(moments: list[SeenMoment], run: IO[bytes]) -> None:
    with naming(tempfile.gettempdir()):
        for start in range(0, len(moments), _WRITTEN_AT_ONCE):
            block = _encode(moments[start : start + _WRITTEN_AT_ONCE])
            run.write(len(block).to_bytes(8, "big") + block)
        run.flush()


def _read(run: IO[bytes]) -> Iterator[SeenMoment]:
    run.seek(0)
    while size := run.read(8):
        yield from _decode(run.read(int.from_bytes(size, "big")))
