"""The drawing itself: four panels over one axis of time, in the words and colours of the guard's states."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isnan
from pathlib import Path
from typing import Any, NamedTuple

from sesguard.backtest.decided import Decided
from sesguard.errors import naming
from sesguard.pausing.decision import Action
from sesguard.pausing.state import Status
from sesguard.policy import Policy

_INK, _FAINT = "#22303c", "#7b8794"
_MAIL, _BOUNCE, _COMPLAINT = "#3f78a8", "#c8364b", "#7f4a98"
_PALE = {_MAIL: "#b4c9db", _BOUNCE: "#e39aa5", _COMPLAINT: "#c6aad3"}  # what was refused, and so never happened
_STATES = {
    Status.WATCHED: ("#fbf1cc", "watched"),
    Status.PAUSED: ("#fbe1dd", "paused"),
    Status.PROBATION: ("#dff1ec", "probation"),
    Status.HELD: ("#f0c1bb", "held"),
}
_LABELS = {
    Action.WARN: "warn",
    Action.CALM: "calm",
    Action.PAUSE: "pause",
    Action.HOLD: "hold",
    Action.RESUME: "resume",
    Action.RECOVER: "recover",
}
_A_DATE_FROM = 10 * 366 * 86_400
_STEPS = (60, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000, 864_000, 2_592_000)
_MOST_LABELS = 14
_LINEAR_TO = 3.0  # highest risk that is drawn to scale


class Bin(NamedTuple):
    """The cohorts of ``width`` seconds from ``start``: mails, and what became of them. refused: they never went out."""

    start: float
    width: float
    mails: int
    bounces: int
    complaints: int
    refused: bool


class Canvas:
    """Draws a stream between two seconds of its record."""

    def __init__(self, start: float, end: float, policy: Policy) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self._start, self._end, self._policy = start, end, policy
        self._shown: list[Status] = []
        self._figure = Figure(figsize=(12.5, 8.2), facecolor="white")
        FigureCanvasAgg(self._figure)
        axes = self._figure.subplots(4, 1, sharex=True, height_ratios=(2.2, 1.4, 1.0, 1.9))
        self._mails, self._bounces, self._complaints, self._risk = axes
        self._figure.subplots_adjust(left=0.075, right=0.975, top=0.845, bottom=0.105, hspace=0.12)
        for axis, label in zip(axes, ("mails", "hard bounces", "complaints", "risk"), strict=True):
            self._dress(axis, label)
        self._risk.set_xlim(start, end)
        self._time_axis()

    def cohorts(self, bins: list[Bin]) -> None:
        """Draw volume, bounces and complaints by the time of sending; pale what was refused and so never happened."""
        for axis, colour, field in (
            (self._mails, _MAIL, "mails"),
            (self._bounces, _BOUNCE, "bounces"),
            (self._complaints, _COMPLAINT, "complaints"),
        ):
            went = {it.start: getattr(it, field) for it in bins if not it.refused}
            for refused in (False, True):
                chosen = [it for it in bins if it.refused is refused and getattr(it, field)]
                axis.bar(
                    [it.start for it in chosen],
                    [getattr(it, field) for it in chosen],
                    [it.width for it in chosen],
                    bottom=[went.get(it.start, 0) if refused else 0 for it in chosen],
                    align="edge",
                    color=_PALE[colour] if refused else colour,
                    linewidth=0,
                    zorder=3,
                )
            axis.set_ylim(0, max(1.0, axis.get_ylim()[1]))
        if bins:
            self._mails.set_ylabel(f"mails per {_length(bins[0].width)}")

    def decisions(self, decided: list[Decided]) -> None:
        """Shade the states, and mark each decision at the second at which it took effect."""
        status, since = Status.HEALTHY, self._start
        for it in decided:
            self._shade(status, since, _in_force(it))
            status, since = it.state.status, _in_force(it)
        self._shade(status, since, self._end)
        for axis in self._figure.axes:
            for it in decided:
                axis.axvline(_in_force(it), color=_INK, linewidth=0.8, alpha=0.55, zorder=4)
        self._label(decided[:_MOST_LABELS])

    def risk(self, risks: list[tuple[float, float, bool]]) -> None:
        """Draw the risk at each look, and where it warns and pauses."""
        shown = [(at, risk if not off else float("nan")) for at, risk, off in risks if self._start <= at <= self._end]
        axis, warn = self._risk, self._policy.warn_at
        seconds, values = [at for at, _ in shown], [risk for _, risk in shown]
        axis.plot(
            seconds, values, color=_INK, drawstyle="steps-post", linewidth=1.4, marker=".", markersize=3.5, zorder=5
        )
        highest = max((risk for risk in values if not isnan(risk)), default=0.0)
        if highest > _LINEAR_TO:
            axis.set_yscale("symlog", linthresh=1.0, linscale=1.6)
        ticks = [tick for tick in (0.0, warn, 1.0, 2.0, 5.0, 10.0, 30.0, 100.0, 300.0) if tick <= max(1.0, highest)]
        axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
        axis.set_ylim(0, max(1.3, highest * 1.2))
        for level, word, colour in ((warn, "warning", "#b58900"), (1.0, "pause", _BOUNCE)):
            axis.axhline(level, color=colour, linewidth=1.0, linestyle=(0, (5, 3)), zorder=2)
            axis.annotate(
                word, (1, level), xycoords=axis.get_yaxis_transform(), xytext=(-4, 3), textcoords="offset points",
                ha="right", color=colour, fontsize=8,
            )  # fmt: skip

    def title(self, stream: str, lines: tuple[str, str]) -> None:
        """Write whose picture it is, and the key to it."""
        from matplotlib.patches import Patch

        self._figure.text(0.075, 0.962, stream, fontsize=15, fontweight="bold", color=_INK, parse_math=False)
        for height, line in zip((0.938, 0.917), lines, strict=True):
            self._figure.text(0.075, height, line, fontsize=9.5, color=_FAINT, parse_math=False)
        keys = [Patch(color=_MAIL, label="went out"), Patch(color=_PALE[_MAIL], label="refused")]
        keys += [
            Patch(facecolor=colour, edgecolor="#c3cad1", linewidth=0.5, label=word)
            for status, (colour, word) in _STATES.items()
            if status in self._shown
        ]
        self._figure.legend(
            handles=keys, loc="lower center", ncols=len(keys), frameon=False, fontsize=9, labelcolor=_INK
        )

    def save(self, path: Path) -> None:
        """Write the file. Raises OSError."""
        with naming(path):
            self._figure.savefig(path, dpi=130, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)

    def _dress(self, axis: Any, label: str) -> None:  # noqa: ANN401 - matplotlib's Axes
        axis.set_ylabel(label, color=_INK, fontsize=9)
        axis.grid(axis="y", color="#e4e8ec", linewidth=0.7, zorder=0)
        axis.set_axisbelow(True)
        axis.tick_params(colors=_FAINT, labelsize=8.5, length=3)
        for side in ("top", "right"):
            axis.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            axis.spines[side].set_color("#c3cad1")
        axis.yaxis.set_label_coords(-0.052, 0.5)
        axis.yaxis.get_major_locator().set_params(integer=True, nbins=4)

    def _shade(self, status: Status, start: float, end: float) -> None:
        if status in _STATES and end > start:
            for axis in self._figure.axes:
                axis.axvspan(start, end, color=_STATES[status][0], linewidth=0, zorder=0)
            self._shown.append(status)

    def _label(self, decided: list[Decided]) -> None:
        """Name the decisions above the picture, on as many lines as keep the words apart."""
        room = (self._end - self._start) * 0.055
        free = [float("-inf")] * 3
        for it in decided:
            at = _in_force(it)
            line = next((line for line, until in enumerate(free) if at >= until), None)
            if line is None:
                continue
            free[line] = at + room
            self._mails.annotate(
                _LABELS[it.action], (at, 1), xycoords=self._mails.get_xaxis_transform(),
                xytext=(0, 3 + 11 * line), textcoords="offset points", ha="center", fontsize=8.5,
                color=_BOUNCE if it.state.off else _INK, fontweight="bold" if it.state.off else "normal",
            )  # fmt: skip

    def _time_axis(self) -> None:
        length = self._end - self._start
        step = next((step for step in _STEPS if length / step <= 9), _STEPS[-1])
        first = int(self._start // step + 1) * step
        ticks = list(range(first, int(self._end) + 1, step))
        if self._start >= _A_DATE_FROM:
            form = "%Y-%m-%d" if step >= 86_400 else "%m-%d %H:%M"
            names = [datetime.fromtimestamp(tick, UTC).strftime(form) for tick in ticks]
            label = "time of sending; of the risk, time of the look (UTC)"
        else:
            names = [_since_zero(tick, step) for tick in ticks]
            label = "time of sending; of the risk, time of the look (days and hours of the record)"
        self._risk.set_xticks(ticks, names)
        self._risk.set_xlabel(label, color=_FAINT, fontsize=8.5)


def _in_force(decided: Decided) -> float:
    """When a decision shows: as it falls, or as sending is turned off or on."""
    switches = decided.state.off or decided.action is Action.RESUME
    return decided.effective_at if switches else decided.at


def _since_zero(second: int, step: int) -> str:
    days, rest = divmod(second, 86_400)
    return f"day {days}" if step >= 86_400 else f"day {days} {rest // 3600:02}:{rest // 60 % 60:02}"


def _length(seconds: float) -> str:
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return word if number == 1 else f"{number} {word}s"
    return f"{seconds:g} s"
