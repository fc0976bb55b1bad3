"""``sesguard doctor``: what it prints, in each form, and the exit codes it ends with."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from sesguard.aws.stack import Stack
from sesguard.cli import connect, doctor
from sesguard.cli.main import main
from sesguard.doctor.facts import QueueFacts, SetFacts
from sesguard.doctor.run import CHECKS
from sesguard.errors import AwsError
from tests.unit.doctor.twins import ACCOUNT, FINE, NOW, PUBLISHES, REGION, Twin, broken

ESCAPE = "\x1b]8;;evil"


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the command on a twin."""

    def command(twin: Twin, *words: str) -> tuple[int, str]:
        stack = Stack("sesguard", ACCOUNT, REGION, {}, {})
        monkeypatch.setattr(connect, "find", lambda _: SimpleNamespace(stack=stack))
        monkeypatch.setattr(connect, "now", lambda: NOW)
        monkeypatch.setattr(doctor, "deployment_of", lambda *_: twin.deployment())
        return main(["doctor", *words]), capsys.readouterr().out

    return command


class Denied(Twin):
    """A deployment of whose account these credentials may see nothing."""

    def account(self) -> Any:
        raise AwsError("GetAccount", "AccessDeniedException", retryable=False)


def test_where_nothing_is_wrong_it_says_so_and_ends_with_0(run):
    code, printed = run(Twin())
    assert code == 0
    assert f"{len(CHECKS)} of {len(CHECKS)} checks found nothing" in printed


def test_notes_alone_need_no_attention(run):
    code, printed = run(broken(found_sets=(SetFacts("acme-news", True, False, PUBLISHES),)))
    assert code == 0
    assert "note" in printed
    assert "1 note" in printed


def test_what_is_wrong_is_named_with_what_mends_it(run):
    code, printed = run(broken(found_queues=(QueueFacts("AlarmDeadLetters", 2, None),)))
    assert code == 4
    assert "AlarmDeadLetters 2 messages that could not be handled" in printed
    assert "then sesguard redrive" in printed
    assert "1 error" in printed


def test_what_may_not_be_looked_at_is_said_with_the_actions_that_it_needs(run):
    code, printed = run(Denied(), "--only", "sandbox", "--only", "SG20")
    assert code == 4
    assert "denied" in printed
    assert "ses:GetAccount" in printed
    assert "1 of 2 checks found nothing, 1 could not be made" in printed


def test_checks_are_chosen_by_id_or_name_and_an_unknown_one_is_an_error(run, capsys):
    code, printed = run(Twin(), "-o", "json", "--only", "sg01", "--only", "pools")
    assert (code, [each["id"] for each in json.loads(printed)["checks"]]) == (0, ["SG01", "SG16"])
    assert run(Twin(), "--only", "poools")[0] == 2
    assert run(Twin(), "--sample", "0")[0] == 2


def test_the_list_needs_no_aws(monkeypatch, capsys):
    monkeypatch.setattr(connect, "find", lambda _: pytest.fail("asked for the guard"))
    assert main(["doctor", "--list"]) == 0
    printed = capsys.readouterr().out
    assert all(each.id in printed and each.name in printed for each in CHECKS)


def test_json_has_every_check_with_every_finding(run):
    twin = broken(found_sets=tuple(SetFacts(f"set-{n}", True, True, ()) for n in range(9)), quota=FINE)
    code, printed = run(twin, "-o", "json", "--only", "destinations")
    document = json.loads(printed)
    assert (code, document["attention"]) == (4, True)
    (check,) = document["checks"]
    assert (check["outcome"], check["severity"], len(check["findings"])) == ("found", "error", 9)
    assert check["findings"][0]["remedy"]
    assert check["actions"] == sorted(check["actions"])


def test_the_table_names_some_of_many_and_says_how_many_there_are(run):
    twin = broken(found_sets=tuple(SetFacts(f"set-{n}", True, True, ()) for n in range(9)))
    _, printed = run(twin, "--only", "destinations")
    assert "and 4 more" in printed


def test_sarif_has_a_rule_a_check_a_result_a_finding_and_says_what_was_not_made(run):
    _, printed = run(broken(found_queues=(QueueFacts("AlarmDeadLetters", 2, None),)), "-o", "sarif")
    log = json.loads(printed)
    (made,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert {rule["id"] for rule in made["tool"]["driver"]["rules"]} == {each.id for each in CHECKS}
    (result,) = made["results"]
    assert (result["ruleId"], result["level"]) == ("SG23", "error")
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].endswith("/AlarmDeadLetters")
    _, printed = run(Denied(), "-o", "sarif", "--only", "sandbox")
    invocation = json.loads(printed)["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["associatedRule"] == {"id": "SG01"}


def test_junit_counts_failures_and_what_could_not_be_made(run):
    _, printed = run(broken(found_queues=(QueueFacts("AlarmDeadLetters", 2, None),)), "-o", "junit")
    suite = ET.fromstring(printed)  # noqa: S314  # our own
    assert (suite.get("tests"), suite.get("failures")) == (str(len(CHECKS)), "1")
    assert suite.find("testcase[@classname='dead-letters']/failure").get("type") == "error"
    _, printed = run(Denied(), "-o", "junit")
    assert ET.fromstring(printed).get("skipped") == "4"  # noqa: S314  # our own


@pytest.mark.parametrize("form", ["table", "json", "sarif", "junit"])
def test_names_from_outside_colour_and_fake_nothing(run, form):
    _, printed = run(broken(found_sets=(SetFacts(f"a{ESCAPE}<b>", True, True, ()),)), "-o", form)
    assert "\x1b" not in printed
    if form == "junit":
        assert ET.fromstring(printed) is not None  # noqa: S314  # our own
