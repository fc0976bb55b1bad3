"""How a deployment's checks read: a table for people; JSON, SARIF and JUnit for programs.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from xml.etree import ElementTree as ET

from rich.console import Console
from rich.text import Text

from sesguard import __version__
from sesguard.cli.screen import clock, counted, iso, plain, table, wrapped
from sesguard.doctor.check import Check, CheckOutcome, CheckResult, Finding, Severity
from sesguard.text import one_line
from sesguard.wiring.operator import Stack

_STYLES: Final = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_SARIF_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_LONGEST: Final = 600
_MOST_SHOWN: Final = 5
"""Findings of a check that the table names; -o json has all."""


def show_checks(screen: Console, checks: Iterable[Check]) -> None:
    """Print what checks there are."""
    rows = table("check", "name", "has to be so")
    for each in checks:
        rows.add_row(each.id, each.name, each.title)
    screen.print(rows)


def show(screen: Console, stack: Stack, now: datetime, results: Sequence[CheckResult]) -> None:
    """Print what is wrong, with what mends it, and how many checks found nothing."""
    where = f"stack {stack.name}, {stack.account} {stack.region}, {clock(now)}"
    screen.print(Text.assemble(("sesguard doctor", "bold"), (f"  {where}", "dim")))
    for result in results:
        if result.outcome is not CheckOutcome.PASSED:
            _show(screen, result)
    screen.print()
    screen.print(_summary(results))


def _show(screen: Console, result: CheckResult) -> None:
    check = result.check
    word, style = _word(result)
    screen.print()
    screen.print(Text.assemble((f"{word:8}", style), (f"{check.id} ", "dim"), (check.title, "bold")))
    for finding in result.findings[:_MOST_SHOWN]:
        screen.print(_indented(f"{finding.subject} {finding.problem}", screen.width))
        if finding.remedy:
            screen.print(Text.assemble("        → ", plain(finding.remedy, _LONGEST)))
    if len(result.findings) > _MOST_SHOWN:
        screen.print(f"        … and {len(result.findings) - _MOST_SHOWN:,} more: -o json has them")
    if result.trouble:
        screen.print(_indented(_trouble(result), screen.width))
        return
    if any(not each.remedy for each in result.findings):
        screen.print(Text.assemble("        → ", plain(check.remedy, _LONGEST)))
    screen.print(Text(wrapped(check.why, screen.width, 8).plain, style="dim"))


def _indented(text: str, width: int) -> Text:
    return wrapped(text, width, 8)


def _word(result: CheckResult) -> tuple[str, str]:
    if result.severity is not None:
        return result.severity.value, _STYLES[result.severity]
    return ("denied", "magenta") if result.outcome is CheckOutcome.NOT_PERMITTED else ("not made", "magenta")


def _trouble(result: CheckResult) -> str:
    if result.outcome is CheckOutcome.NOT_PERMITTED:
        return f"{result.trouble}: these credentials may not; it needs {', '.join(sorted(result.check.actions))}"
    return f"could not be made: {result.trouble}"


def _summary(results: Sequence[CheckResult]) -> Text:
    passed = sum(each.outcome is CheckOutcome.PASSED for each in results)
    words = [f"{passed} of {counted(len(results), 'check')} found nothing"]
    for severity in Severity:
        many = sum(each.severity is severity for each in results)
        words += [counted(many, severity.value)] if many else []
    unseen = sum(each.outcome in (CheckOutcome.NOT_PERMITTED, CheckOutcome.NOT_MADE) for each in results)
    words += [f"{unseen} could not be made"] if unseen else []
    return Text(", ".join(words))


def as_json(stack: Stack, now: datetime, results: Sequence[CheckResult]) -> dict[str, Any]:
    """JSON-ready, with keys that stay."""
    return {
        "stack": stack.name,
        "account": stack.account,
        "region": stack.region,
        "at": iso(now),
        "attention": any(each.attention for each in results),
        "checks": [_as_dict(each) for each in results],
    }


def _as_dict(result: CheckResult) -> dict[str, Any]:
    check = result.check
    return {
        "id": check.id,
        "name": check.name,
        "title": check.title,
        "why": check.why,
        "remedy": check.remedy,
        "outcome": result.outcome.value,
        "severity": result.severity.value if result.severity else None,
        "trouble": result.trouble or None,
        "actions": sorted(check.actions),
        "findings": [
            {
                "subject": each.subject,
                "problem": each.problem,
                "remedy": each.remedy or check.remedy,
                "severity": (each.severity or check.severity).value,
            }
            for each in result.findings
        ],
    }


def as_sarif(stack: Stack, now: datetime, results: Sequence[CheckResult]) -> dict[str, Any]:
    """A SARIF 2.1.0 log: a rule a check, a result a finding; what could not be made is a notification."""
    rules = [
        {
            "id": each.check.id,
            "name": each.check.name,
            "shortDescription": {"text": each.check.title},
            "fullDescription": {"text": each.check.why},
            "help": {"text": each.check.remedy},
            "defaultConfiguration": {"level": _SARIF_LEVELS[each.check.severity]},
        }
        for each in results
    ]
    notifications = [
        {"level": "warning", "message": {"text": _trouble(each)}, "associatedRule": {"id": each.check.id}}
        for each in results
        if each.trouble
    ]
    invocation = {
        "executionSuccessful": not notifications,
        "endTimeUtc": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "toolExecutionNotifications": notifications,
    }
    driver = {"name": "sesguard doctor", "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "results": [_sarif_result(stack, each, finding) for each in results for finding in each.findings],
    }
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}


def _sarif_result(stack: Stack, result: CheckResult, finding: Finding) -> dict[str, Any]:
    place = f"{stack.account}/{stack.region}/{finding.subject}"
    return {
        "ruleId": result.check.id,
        "level": _SARIF_LEVELS[finding.severity or result.check.severity],
        "message": {"text": f"{finding.subject} {finding.problem}. {finding.remedy or result.check.remedy}"},
        "locations": [{"logicalLocations": [{"fullyQualifiedName": place, "kind": "resource"}]}],
        "partialFingerprints": {"finding/v1": f"{result.check.id}/{place}"},
    }


def as_junit(stack: Stack, now: datetime, results: Sequence[CheckResult]) -> str:
    """A JUnit report: a case a check; one that may not be made is skipped, one that could not an error."""
    failed = [each for each in results if each.severity in (Severity.ERROR, Severity.WARNING)]
    counts = {
        "tests": len(results),
        "failures": len(failed),
        "errors": sum(each.outcome is CheckOutcome.NOT_MADE for each in results),
        "skipped": sum(each.outcome is CheckOutcome.NOT_PERMITTED for each in results),
    }
    suite = ET.Element(
        "testsuite",
        {"name": f"sesguard doctor {stack.name}", "timestamp": f"{now:%Y-%m-%dT%H:%M:%S}"}
        | {name: str(many) for name, many in counts.items()},
    )
    for each in results:
        case = ET.SubElement(suite, "testcase", {"classname": each.check.name, "name": each.check.title})
        if each in failed:
            lines = [f"{finding.subject} {finding.problem}" for finding in each.findings]
            said = {"message": _xml(lines[0]), "type": each.severity.value if each.severity else ""}
            ET.SubElement(case, "failure", said).text = "\n".join(map(_xml, [*lines, each.check.remedy]))
        if each.outcome is CheckOutcome.NOT_PERMITTED:
            ET.SubElement(case, "skipped", {"message": _xml(_trouble(each))})
        elif each.outcome is CheckOutcome.NOT_MADE:
            ET.SubElement(case, "error", {"message": _xml(_trouble(each))})
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode")


def many_as_json(
    several: Sequence[tuple[Stack, Sequence[CheckResult]]], now: datetime, unread: Mapping[str, str]
) -> dict[str, Any]:
    """JSON-ready, of several guards."""
    guards = [as_json(stack, now, results) for stack, results in several]
    return {
        "guards": guards,
        "unread": [{"guard": name, "problem": why} for name, why in unread.items()],
        "attention": bool(unread) or any(each["attention"] for each in guards),
    }


def many_as_sarif(
    several: Sequence[tuple[Stack, Sequence[CheckResult]]], now: datetime, unread: Mapping[str, str]
) -> dict[str, Any]:
    """A SARIF log with a run a guard; one that could not be reached has a run that failed."""
    runs = [run for stack, results in several for run in as_sarif(stack, now, results)["runs"]]
    for name, why in unread.items():
        failed = {"level": "error", "message": {"text": one_line(f"{name} is not checked: {why}", _LONGEST)}}
        invocation = {"executionSuccessful": False, "toolExecutionNotifications": [failed]}
        driver = {"name": "sesguard doctor", "version": __version__}
        runs.append({"tool": {"driver": driver}, "invocations": [invocation], "results": []})
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": runs}


def many_as_junit(
    several: Sequence[tuple[Stack, Sequence[CheckResult]]], now: datetime, unread: Mapping[str, str]
) -> str:
    """A JUnit report with a testsuite a guard; one that could not be reached has one error."""
    suites = ET.Element("testsuites")
    for stack, results in several:
        suite = ET.fromstring(as_junit(stack, now, results))  # noqa: S314  # our own
        suite.set("name", f"sesguard doctor {stack.account}/{stack.region}/{stack.name}")
        suites.append(suite)
    for name, why in unread.items():
        suite = ET.SubElement(suites, "testsuite", {"name": f"sesguard doctor {name}", "tests": "1", "errors": "1"})
        case = ET.SubElement(suite, "testcase", {"classname": "guard", "name": "can be reached"})
        ET.SubElement(case, "error", {"message": _xml(why)})
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode")


def _xml(text: str) -> str:
    """Text without what XML cannot hold."""
    return one_line(text, _LONGEST)
