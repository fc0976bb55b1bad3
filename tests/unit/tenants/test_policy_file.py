"""Policy files: what is wrong is named with its key, its value and what is allowed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from sesguard.errors import PolicyError, PolicyFileError
from sesguard.policy import Mode, Policy
from sesguard.tenants.policy_file import load_policy


def written(folder: Path, text: str, name: str = "policy.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.toml", 'chance = 1e-5\ncool_down = "2h"\nmode = "observe"\n'),
        ("p.json", '{"chance": 1e-5, "cool_down": "2h", "mode": "observe"}'),
        ("p.yaml", "chance: 1e-5\ncool_down: 2h\nmode: observe\n"),
        ("p.YML", "{chance: 0.00001, cool_down: 2 h, mode: observe}\n"),
    ],
)
def test_a_policy_is_read_from_toml_json_and_yaml_alike(tmp_path: Path, name: str, text: str) -> None:
    expected = Policy(chance=1e-5, cool_down=timedelta(hours=2), mode=Mode.OBSERVE)
    assert load_policy(written(tmp_path, text, name)) == expected


@pytest.mark.parametrize("name", ["empty.toml", "empty.yaml"])
def test_a_byte_order_mark_does_no_harm(tmp_path: Path, name: str) -> None:
    assert load_policy(written(tmp_path, "\ufeff", name)) == Policy()


@pytest.mark.parametrize("name", ["empty.toml", "empty.yaml"])
def test_an_empty_file_is_the_default_policy(tmp_path: Path, name: str) -> None:
    assert load_policy(written(tmp_path, "", name)) == Policy()


@pytest.mark.parametrize(
    ("line", "value", "allowed"),
    [
        ("bounce_limit = 0", "0", "0.05 means 5 %"),
        ("bounce_limit = 1", "1", "0.05 means 5 %"),
        ("bounce_limit = 5", "5", "0.05 means 5 %"),
        ("complaint_limit = 0.1e1", "1.0", "a fraction from"),
        ("bounce_limit = -0.05", "-0.05", "a fraction from"),
        ("bounce_limit = nan", "nan", "a fraction from"),
        ("bounce_limit = inf", "inf", "a fraction from"),
        ("bounce_limit = true", "True", "a fraction from"),
        ('bounce_limit = "5 %"', "'5 %'", "a fraction from"),
        ('credit_bounce = "fifty"', "'fifty'", "a whole number of mails"),
        ("credit_bounce = 50.5", "50.5", "a whole number of mails"),
        ("credit_bounce = true", "True", "a whole number of mails"),
        ("credit_complaint = -1", "-1", "a whole number of mails"),
        ('cool_down = "-1h"', "'-1h'", "a time from"),
        ("cool_down = 3600", "3600", "a time from"),
        ('cool_down = "0s"', "'0s'", "a time from"),
        ('cool_down = "2d"', "'2d'", "at most cool_down_at_most (1d)"),
        ("chance = 0", "0", "a chance from"),
        ("warn_at = 1", "1", "a share of the risk"),
        ("calm_below = 0.6", "0.6", "at most warn_at (0.5)"),
        ('mode = "off"', "'off'", '"observe" or "enforce"'),
        ("strikes_to_hold = 0", "0", "a whole number of pauses"),
        ("acknowledge_complaints = 1", "1", "true or false"),
        ("bounce_rate = 0.05", "0.05", "one of the keys mode, bounce_limit"),
        ("[default]", "{}", "one of the keys mode, bounce_limit"),
    ],
)
def test_a_wrong_value_is_named_with_its_key_and_what_is_allowed(
    tmp_path: Path, line: str, value: str, allowed: str
) -> None:
    key = line.split("=")[0].strip(" []")
    with pytest.raises(PolicyError) as caught:
        load_policy(written(tmp_path, line))
    message = str(caught.value)
    assert f"'{key}': " in message
    assert value in message
    assert allowed in message


@pytest.mark.parametrize("value", ["12:30", "1_000", "0o17", "0x1f", "no", ".inf", '!!int ""', "!!bool x"])
def test_what_only_older_yaml_takes_for_a_number_is_refused_as_the_text_it_is(tmp_path: Path, value: str) -> None:
    with pytest.raises(PolicyError, match="'credit_bounce': '"):
        load_policy(written(tmp_path, f"credit_bounce: {value}\n", "p.yaml"))


def test_a_number_of_thousands_of_digits_is_refused_in_a_short_sentence(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"'credit_bounce': .{1,130} is not allowed"):
        load_policy(written(tmp_path, f"credit_bounce = 0x{'f' * 5_000}"))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "1" + "0" * 400])
def test_numbers_that_are_none_are_refused_in_json_too(tmp_path: Path, number: str) -> None:
    with pytest.raises(PolicyError, match=r"'bounce_limit': .{1,130} is not allowed"):
        load_policy(written(tmp_path, f'{{"bounce_limit": {number}}}', "p.json"))


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("p.toml", "bounce_limit 0.05", "expected TOML"),
        ("p.json", "{", "expected JSON"),
        ("p.json", "[" * 100_000, "expected JSON"),
        ("p.json", "[0.05]", "holds a list; expected one table of keys"),
        ("p.json", '{"chance": 0.1, "chance": 0.01}', "key 'chance' stands in it twice"),
        ("p.toml", "chance = 0.1\nchance = 0.01", "expected TOML"),
        ("p.yaml", "a: [", "expected YAML"),
        ("p.yaml", "[0.05]", "holds a list; expected one table of keys"),
        ("p.yaml", "chance: 0.1\nchance: 0.01\n", "line 2: chance: stands on line 1 already"),
        ("p.yaml", "<<: {chance: 0.01}", "has a merge key"),
        ("p.yaml", "chance: 0.1\n---\nchance: 0.01\n", "holds a second document"),
        ("p.yaml", 'chance: !!python/object/apply:os.system ["true"]', "has a tag that means nothing here"),
        ("p.txt", "{}", "expected TOML, or JSON or YAML by its suffix"),
    ],
)
def test_a_file_that_cannot_be_read_as_its_name_says_is_refused(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    with pytest.raises(PolicyFileError) as caught:
        load_policy(written(tmp_path, text, name))
    assert problem in str(caught.value)
    assert name in str(caught.value)


def test_a_message_stays_short_whatever_the_file_holds(tmp_path: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x]"]
    for inner, outer in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{outer}: &{outer} [{', '.join([f'*{inner}'] * 7)}]")
    bomb = "\n".join(lines)
    with pytest.raises(PolicyError) as caught:
        load_policy(written(tmp_path, bomb, "p.yaml"))
    assert len(str(caught.value)) < 1_100


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_policy(tmp_path / "none.toml")
