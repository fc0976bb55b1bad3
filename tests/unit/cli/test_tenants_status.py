"""How far the guard has come, as the operator sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rich.console import Console

from sesguard.aws.stack import Stack
from sesguard.cli.tenants.status import as_dict, show
from sesguard.provisioning.lookup import read_desired
from sesguard.provisioning.progress import Progress, progress
from sesguard.provisioning.task import TenantProblem
from tests.fakes.onboarding import HOME, Platform

STACK = Stack("sesguard", HOME.account, HOME.region, {}, {})


def look(platform: Platform) -> Progress:
    names = [name for name in platform.items.stored if not name.startswith("@")]
    said = [read_desired(platform.items, HOME, name).streams or {} for name in names]
    registered = {key: entry for streams in said for key, (entry, _) in streams.items()}
    problems = [TenantProblem(name, text, platform.now) for name, text in platform.rows.problems.items() if text]
    return progress(list(platform.rows.stored.values()), problems, registered, platform.now)


def test_what_waits_is_counted_with_the_calls_that_it_takes():
    platform = Platform()
    platform.tenant("acme", {"configuration_set": "acme-news", "identities": ["a.example"], "ses_tenant": "acme"})
    stands = look(platform)
    assert (stands.waiting, stands.done, stands.calls_left, stands.a_second) == (1, 0, 7, None)
    assert stands.time_left == timedelta(seconds=7)


def test_a_tenant_that_is_registered_and_not_lined_up_yet_waits():
    platform = Platform()
    item = {"id": "acme", "contacts": ["o@acme.example"], "streams": [{"configuration_set": "acme-news"}]}
    platform.items.stored["acme"] = item
    assert (look(platform).waiting, look(platform).calls_left) == (1, 2)


def test_a_stream_that_the_registry_says_otherwise_of_by_now_is_not_done():
    platform = Platform()
    platform.tenant("acme", "acme-news")
    platform.settle()
    assert (look(platform).done, look(platform).waiting) == (1, 0)
    platform.items.stored["acme"]["streams"][0]["tls"] = "require"
    assert (look(platform).done, look(platform).waiting) == (0, 1)
    del platform.items.stored["acme"]
    assert (look(platform).done, look(platform).waiting) == (0, 1)


def test_what_is_done_says_how_many_calls_it_took_and_how_fast_they_went():
    platform = Platform()
    for number in range(20):
        platform.tenant(f"t{number}", f"set-{number}")
    platform.settle()
    stands = look(platform)
    assert (stands.done, stands.calls) == (20, 40)
    assert stands.a_second == pytest.approx(0.98, abs=0.02)


def test_failures_of_streams_and_tenants_are_shown_with_what_to_do():
    platform = Platform()
    platform.ses.add_set("acme-news")
    platform.tenant("acme", "acme-news")
    platform.put(id="bad", contacts=["o@bad.example"], streams=[{"configuration_set": "no set"}])
    platform.settle()
    stands = look(platform)
    assert [it.key.rpartition("/")[2] for it in stands.failures] == ["acme-news", "bad"]
    screen = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123  # what is shown is recorded
    show(screen, stands, STACK, platform.now)
    shown = screen.export_text()
    screen.file.close()
    assert "0 done, 0 waiting, 2 failed" in shown
    assert "say adopt: true" in shown
    assert "streams[0].configuration_set" in shown


def test_the_document_for_programs_has_all_of_it():
    platform = Platform()
    platform.tenant("acme", "acme-news", {"configuration_set": "far", "region": "us-east-1"})
    document = as_dict(look(platform), STACK, platform.now)
    assert {key: document[key] for key in ("waiting", "removing", "done", "failed", "left", "seconds_left")} == {
        "waiting": 1,
        "removing": 0,
        "done": 0,
        "failed": 0,
        "left": 1,
        "seconds_left": 2,
    }
    assert document["failures"] == []
