"""The paper of docs/scale.md says what its arithmetic gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.scale import bill_of, loads, main, share_of

PAPER = Path(__file__).resolve().parents[3] / "docs" / "scale.md"


def test_the_paper_prints_what_the_arithmetic_gives(capsys: pytest.CaptureFixture[str]) -> None:
    main(100_000, 100_000_000)
    assert capsys.readouterr().out in PAPER.read_text(encoding="utf-8"), "python -m bench.scale"


def test_more_accounts_and_not_larger_ones_carry_more_tenants() -> None:
    small, large = share_of(100_000, 1e8), share_of(1_000_000, 1e9)
    assert large.accounts >= 9 * small.accounts
    assert large.streams == pytest.approx(small.streams, rel=0.1)


def test_within_an_account_nothing_is_past_its_limit_but_sns_in_the_smallest_regions() -> None:
    past = [name for name, need, limit, _ in loads(share_of(100_000, 1e8)) if need > limit]
    assert past == ["SNS publishes at the peak (smallest regions)"]


def test_the_guard_costs_a_small_share_of_what_ses_charges() -> None:
    parts = bill_of(share_of(100_000, 1e8))
    ses = parts.pop("SES, à la carte")
    assert sum(parts.values()) / ses < 0.03
