"""How the bill grows: its share of SES's charge by mails a day and by streams, as a table and a picture."""

from __future__ import annotations

from pathlib import Path

from bench.day import live
from bench.mail_day import Traffic
from bench.priced import bill
from bench.printed import row
from sesguard.costs.prices import list_prices

GROWTH_HOURS = {1_000_000: 0.3, 10_000_000: 0.05, 100_000_000: 1 / 120}
"""How much of each day is lived through by mails a day, beside its block of hours (:mod:`bench.block`)."""
WINDOW = 3.0
"""BatchingWindowSeconds as the template has it."""
GROWTH_STREAMS = (1, 10, 100, 1_000, 10_000)


def growth() -> list[dict[str, float]]:
    """Share of SES's charge, à la carte, by mails a day and streams."""
    rows = []
    for mails, hours in GROWTH_HOURS.items():
        for streams in GROWTH_STREAMS:
            day = live(Traffic(mails, streams, hours, delivery=False, bursts=False), WINDOW, 5)
            share = sum(bill(day).values()) / list_prices().price["ses"].of(mails)
            rows.append({"mails": mails, "streams": streams, "share": share})
    return rows


def show_growth(rows: list[dict[str, float]], picture: Path) -> None:
    """Print the table, and draw how the share grows."""
    from matplotlib.figure import Figure  # only here: it takes long to load

    share = {(row["mails"], row["streams"]): row["share"] for row in rows}
    row("share of SES, à la carte; streams", [f"{streams:,}" for streams in GROWTH_STREAMS])
    figure = Figure(figsize=(7, 4))
    axes = figure.add_subplot()
    for mails in GROWTH_HOURS:
        shares = [share[mails, streams] for streams in GROWTH_STREAMS]
        row(f"  {mails:,} mails a day", [f"{each:.2%}" for each in shares])
        axes.plot(
            GROWTH_STREAMS, [100 * each for each in shares], marker="o", label=f"{mails // 1_000_000} M mails a day"
        )
    axes.set(xscale="log", xlabel="streams", ylabel="% of SES's charge, à la carte", ylim=(0, None))
    axes.set_xticks(GROWTH_STREAMS, [f"{streams:,}" for streams in GROWTH_STREAMS])
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(picture, metadata={"Date": None})
    print(f"drawn: {picture}")
