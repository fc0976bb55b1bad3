"""One stream of a replay as a picture: its cohorts by the time of sending, its risk, and what the guard decided."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from sesguard.backtest.decided import Decided
from sesguard.backtest.guarded import GuardedStream
from sesguard.backtest.moment import Counted, SeenMoment
from sesguard.backtest.replay import Replay
from sesguard.cli.backtest.canvas import Bin, Canvas
from sesguard.detection.columns import BOUNCED, COMPLAINED, volume_of
from sesguard.errors import SesguardError
from sesguard.policy import Policy
from sesguard.text import one_line

FORMATS = (".png", ".svg", ".pdf")

_MOST_BINS = 260
_BINS = (60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800)
_LEAST_ROUND = 3_600  # seconds that are shown before and after the first and the last decision


class PlotError(SesguardError):
    """A stream cannot be drawn; ``str()`` says why."""


class Plot:
    """Listens to a replay, and draws one stream of it.

    stream: its name; "" is the only one that there is.
    """

    def __init__(self, path: Path, stream: str | None) -> None:
        self.stream = stream or ""
        self._path = path
        self._counted: dict[int, dict[float, list[int]]] = {}
        self._decided: list[Decided] = []
        self._identities: set[str] = set()
        if path.suffix.lower() not in FORMATS:
            raise PlotError(f"--plot {str(path)!r}: expected a name that ends in {', '.join(FORMATS)}")
        if not path.parent.is_dir():
            raise PlotError(f"--plot {str(path)!r}: there is no folder {str(path.parent)!r}")
        if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
            raise PlotError(f"--plot {str(path)!r}: cannot be written")
        if find_spec("matplotlib") is None:
            raise PlotError("--plot needs matplotlib: pipx install --force '.[plot]' in sesguard's folder")

    def watched(self, moments: Iterable[SeenMoment]) -> Iterator[SeenMoment]:
        """Pass ``moments`` on, and keep the counts of the stream to be drawn."""
        first = ""
        for moment in moments:
            first = first or moment.stream
            if moment.stream == (self.stream or first) and moment.identity not in self._identities:
                if moment.identity:
                    self._identities.add(moment.identity)
                self._keep(moment)
            yield moment

    def decision(self, decided: Decided) -> None:
        """Keep what was decided."""
        self._decided.append(decided)

    def draw(self, replay: Replay, policy: Policy) -> None:
        """Write the picture. Raises PlotError where there is no such stream, OSError where it cannot be written."""
        stream = self._chosen(replay)
        decided = [decided for decided in self._decided if decided.stream == stream.name]
        start, end = self._window(decided)
        canvas = Canvas(start, end, policy)
        canvas.cohorts(self._bins(stream, start, end))
        canvas.decisions(decided)
        canvas.risk(stream.risks or [])
        canvas.title(one_line(stream.name, 80), _subtitle(stream))
        canvas.save(self._path)

    def _keep(self, moment: SeenMoment) -> None:
        for row in moment.rows:
            if isinstance(row, Counted) and row.column >= 0:
                by_second = self._counted.setdefault(int(row.sent // 3_600), {})
                by_second.setdefault(row.sent, [0] * 6)[row.column] += row.count

    def _chosen(self, replay: Replay) -> GuardedStream:
        names = sorted(replay.streams)
        if self.stream in replay.streams:
            return replay.streams[self.stream]
        if self.stream:
            message = f"--stream {one_line(self.stream, 80)!r}: not in the record; it has {_some(names)}"
        elif len(names) > 1:
            message = f"--plot draws one stream: name it with --stream; the record has {_some(names)}"
        elif names:
            return replay.streams[names[0]]
        else:
            message = "--plot: the record is empty"
        raise PlotError(message)

    def _window(self, decided: list[Decided]) -> tuple[float, float]:
        """What is shown: all of the record, or what its decisions rest on and lead to, with a margin."""
        seconds = [second for by_second in self._counted.values() for second in by_second]
        first, last = min(seconds, default=0.0), max(seconds, default=0.0) + 60
        if not decided:
            return first, last
        runs = [it.verdict.worst.start * 60 for it in decided if it.verdict.worst is not None]
        begin, end = min([decided[0].at, *runs]), decided[-1].effective_at
        margin = max(_LEAST_ROUND, (end - begin) / 4)
        return max(first, begin - margin), max(min(last, end + margin), end + 60)

    def _bins(self, stream: GuardedStream, start: float, end: float) -> list[Bin]:
        width = next((width for width in _BINS if (end - start) / width <= _MOST_BINS), _BINS[-1])
        sums: dict[tuple[int, bool], list[int]] = {}
        for by_second in self._counted.values():
            for second, counts in by_second.items():
                if start <= second < end:
                    refused = stream.closed.refuses(second)
                    held = sums.setdefault((int(second // width), refused), [0] * 6)
                    held[:] = [a + b for a, b in zip(held, counts, strict=True)]
        return [
            Bin(key * width, width, volume_of(counts), counts[BOUNCED], counts[COMPLAINED], refused)
            for (key, refused), counts in sorted(sums.items())
        ]


def _subtitle(stream: GuardedStream) -> tuple[str, str]:
    totals, ledger = stream.ledger.totals[0], stream.ledger
    recorded = f"mails {ledger.mails:,}, hard bounces {ledger.bounces:,}, complaints {ledger.complaints:,}"
    spared = f"hard bounces {totals.spared_bounces:,}, complaints {totals.spared_complaints:,}"
    did = f"pauses {stream.pauses}; mails leaked {totals.leaked:,}, refused {totals.refused:,}; spared: {spared}"
    return f"recorded: {recorded}", did


def _some(names: list[str], most: int = 10) -> str:
    shown = ", ".join(one_line(name, 80) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
