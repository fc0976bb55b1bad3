"""Tables that fit: columns go, numbers never."""

from __future__ import annotations

import io
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from sesguard.cli.screen import fitted_table

ROWS = [
    {"stream": "acme-news", "tenant": "acme", "mails": "1,234,567", "reason": "bounces"},
    {"stream": "shop", "tenant": "a-shop", "mails": "12", "reason": "complaints"},
]


def shown(rows: list[dict[str, str]], width: int, drop: tuple[str, ...] = ("reason", "tenant")) -> list[str]:
    screen = Console(file=io.StringIO(), width=width)
    screen.print(fitted_table(rows, width, right=("mails",), drop=drop, whatever=True))
    return screen.file.getvalue().splitlines()  # type: ignore[attr-defined]  # the StringIO of above


@pytest.mark.parametrize(
    ("width", "columns"),
    [(80, "stream tenant mails reason"), (44, "stream tenant mails reason"), (34, "stream tenant mails")],
)  # fmt: skip
def test_columns_go_in_their_order_as_the_screen_narrows(width, columns):
    assert shown(ROWS, width)[1].split() == columns.split()


def test_what_cannot_fit_is_none_unless_it_has_to_be_shown():
    assert fitted_table(ROWS, 24) is None
    assert fitted_table(ROWS, 24, drop=("reason", "tenant")) is not None


NAMES: Final = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=64)


@given(st.lists(NAMES, min_size=1), st.integers(24, 100))
def test_a_row_is_a_line_and_its_number_is_whole(names, width):
    rows = [{"stream": name, "tenant": name[::-1], "mails": f"{10**9:,}", "reason": name * 2} for name in names]
    lines = shown(rows, width)
    assert len(lines) == len(rows) + 4
    assert sum(f"{10**9:,}" in line for line in lines) == len(rows)
    assert max(map(len, lines)) <= width
