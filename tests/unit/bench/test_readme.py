"""What README.md and docs/ say of speed and cost is what docs/bench.json holds, and `make bench` puts there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import growth
from bench.numbers import KEPT, ROOT, Found, Number, read
from bench.parts import PARTS
from bench.readme import DOCUMENTS, QUOTED, UnknownNumberError, quoted_in, rendered, shown, taken_over

README = ROOT / "README.md"
QUOTING = [path for path in DOCUMENTS if quoted_in(path)]


@pytest.mark.parametrize("path", QUOTING, ids=lambda path: path.name)
def test_a_document_quotes_the_numbers_that_are_on_file(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert rendered(text, read(KEPT)) == text, "python -m bench.readme"


def test_the_readmes_table_of_speed_holds_no_number_of_its_own() -> None:
    section = README.read_text(encoding="utf-8").partition("| What | Measured |")[2].partition("\n\n")[0]
    measured = [row.split("|")[2] for row in section.splitlines()[2:]]
    assert len(measured) == 9
    assert [cell for cell in measured if re.search(r"\b\d", QUOTED.sub("", cell))] == []


def test_each_number_that_is_quoted_comes_of_a_part_of_the_bench_or_says_of_what_else() -> None:
    of_parts = {name for part in PARTS.values() for name in part.numbers}
    others = {name: each.part for name, each in read(KEPT).numbers.items() if name not in of_parts}
    assert others == {"refused_median": "make run", "refused_p99": "make run", "console_s": "by hand"}


def test_a_number_that_nothing_measures_is_named() -> None:
    with pytest.raises(UnknownNumberError, match=r"^warp: not in docs/bench\.json"):
        rendered("at <!--=warp-->9<!--/--> × light", found())


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param([2.44, 2.13, 2.2], "2.1 to 2.4", id="two digits are enough"),
        pytest.param([8.0, 9.0], "8 to 9", id="counts have none behind the point"),
        pytest.param([91.2, 90.8], "91", id="what is one number when it is rounded is one"),
        pytest.param([67_912.0], "67,912", id="a single run"),
    ],
)
def test_a_number_is_quoted_from_its_least_to_its_most(values: list[float], said: str) -> None:
    assert shown(Number("", "", "", values=values)) == said


def test_the_numbers_of_a_part_that_failed_stay_as_they_were() -> None:
    kept = found(look=[8.0], sweep=[9.0], lake=[400.0])
    later = found(look=[7.0], sweep=[1.0])
    later.failed = ["sweep: ended with 1"]
    both = taken_over(kept, later)
    assert {name: each.values for name, each in both.numbers.items()} == {
        "look": [7.0],
        "sweep": [9.0],
        "lake": [400.0],
    }


def test_what_the_bill_prints_is_read_to_the_last_of_its_cells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [(mails, streams) for mails in growth.GROWTH_HOURS for streams in growth.GROWTH_STREAMS]
    rows: list[dict[str, float]] = [
        {"mails": mails, "streams": streams, "share": place / 1_000} for place, (mails, streams) in enumerate(cells, 1)
    ]
    growth.show_growth(rows, tmp_path / "bill.svg")
    printed = capsys.readouterr().out
    read_of_it = [re.findall(wanted.pattern, printed, re.MULTILINE) for wanted in PARTS["bill"].numbers.values()]
    assert read_of_it == [[f"{place / 10:.2f}"] for place in range(1, len(cells) + 1)]


def found(**numbers: list[float]) -> Found:
    of = {name: Number(name, name, "2026-11-27", values=values) for name, values in numbers.items()}
    return Found("2026-11-27T08:00:00+00:00", "abc1234", "a busy machine", "3.13.0", numbers=of)
