"""An operator's word on several streams: which, shown before, asked once, and one that fails stops no other."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from sesguard.aws.dynamodb import attributes
from sesguard.cli import connect
from sesguard.cli.main import main
from sesguard.errors import AwsError
from sesguard.pausing.record import Sending
from sesguard.pausing.state import Status
from sesguard.stream import StreamId
from tests.fakes.clock import NOW
from tests.fakes.guard import STACK, a_guard
from tests.fakes.moto_tables import tables
from tests.fakes.registry_documents import a_tenant
from tests.fakes.world import ACME, Memory

SHOP, RECEIPTS = (ACME._replace(configuration_set=name) for name in ("shop", "acme-receipts"))
REASON = ("--reason", "ticket 12")


class Terminal(io.StringIO):
    """A terminal at which somebody types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def memory(monkeypatch):
    memory = Memory()
    for stream in (ACME, SHOP, RECEIPTS):
        memory.switch.sets[stream] = Sending.ON
    monkeypatch.setattr(connect, "find", lambda _: a_guard(memory))
    monkeypatch.setattr(connect, "now", lambda: NOW)
    return memory


def held(memory: Memory) -> set[StreamId]:
    return {stream for stream in (ACME, SHOP, RECEIPTS) if memory.state(stream).status is Status.HELD}


def test_several_are_held_for_one_reason(memory, capsys):
    assert main(["hold", "acme-news", "shop", *REASON, "--yes"]) == 0
    assert held(memory) == {ACME, SHOP}
    assert capsys.readouterr().out.count("→ held") == 2


def test_a_stream_that_is_named_twice_is_meant_once(memory, capsys):
    assert main(["hold", "shop", "shop", *REASON, "--yes", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["streams"]) == 1


@pytest.mark.parametrize(
    ("answer", "code", "expected"), [("yes\n", 0, {ACME, SHOP}), ("y\n", 1, set()), ("", 1, set())]
)
def test_several_are_shown_and_asked_for_once(memory, monkeypatch, capsys, answer, code, expected):
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert main(["hold", "acme-news", "shop", *REASON]) == code
    assert held(memory) == expected
    printed, asked = capsys.readouterr()
    assert printed.splitlines()[:2] == ["acme-news  healthy", "shop  healthy"]
    assert asked.startswith("Hold 2 streams? Only yes is taken for yes: ")


def test_where_nobody_can_be_asked_yes_has_to_be_said(memory, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["hold", "acme-news", "shop", *REASON]) == 2
    assert held(memory) == set()
    assert "--yes" in capsys.readouterr().err


def test_standard_input_names_streams(memory, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("shop\nacme-receipts  shop\n"))
    assert main(["hold", "-", *REASON, "--yes"]) == 0
    assert held(memory) == {SHOP, RECEIPTS}


def test_a_name_that_nobody_knows_holds_none(memory, capsys):
    assert main(["hold", "acme-news", "shopp", *REASON, "--yes"]) == 1
    assert "did you mean shop" in capsys.readouterr().err
    assert held(memory) == set()


def test_without_a_stream_it_says_how_to_name_some(memory, capsys):
    assert main(["hold", *REASON]) == 2
    assert "name the streams, or a tenant with --tenant" in capsys.readouterr().err


def test_a_dry_run_says_what_there_is_to_do_and_does_nothing(memory, capsys):
    main(["hold", "shop", *REASON])
    capsys.readouterr()
    assert main(["hold", "acme-news", "shop", "--dry-run"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "acme-news (healthy): hold",
        "shop (held): nothing to do",
        "Nothing is changed: --dry-run.",
    ]
    assert held(memory) == {SHOP}


def test_a_dry_run_for_programs_has_the_same_keys(memory, capsys):
    assert main(["hold", "acme-news", "--dry-run", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["dry_run"] is True
    assert [(each["stream"], each["answer"], each["to"]) for each in document["streams"]] == [(str(ACME), "done", None)]
    assert held(memory) == set()


def test_one_that_fails_stops_no_other_and_asks_to_be_said_again(memory, capsys):
    def fails_once(step: str) -> None:
        if step == "look" and held(memory):
            memory.switch.hook = lambda _: None
            raise AwsError("GetConfigurationSet", "TooManyRequestsException", retryable=True)

    memory.switch.hook = fails_once
    assert main(["hold", "acme-news", "shop", "acme-receipts", *REASON, "--yes", "--json"]) == 5
    answers = {each["stream"]: each["answer"] for each in json.loads(capsys.readouterr().out)["streams"]}
    assert answers == {str(ACME): "done", str(SHOP): "failed", str(RECEIPTS): "done"}
    assert held(memory) == {ACME, RECEIPTS}


# ---- of a tenant


@pytest.fixture
def registry(memory, monkeypatch):
    """acme has two streams here and one elsewhere."""
    with tables() as client:

        class Clients:
            dynamodb = client
            sesv2 = None

            @staticmethod
            def make(_):
                return a_guard(memory).clients.make("sts")

        sets = ({"configuration_set": name} for name in ("acme-news", "acme-receipts"))
        elsewhere = {"configuration_set": "x", "region": "us-east-1"}
        for document in (a_tenant(streams=[*sets, elsewhere]), a_tenant(id="far", streams=[elsewhere])):
            client.put_item(TableName="tenants", Item=attributes(document))
        names = ("TenantsTableName", "OnboardingTableName", "NoticeConfigurationSetName")
        stack = replace(STACK, outputs=dict(zip(names, ("tenants", "onboarding", "notices"), strict=True)))

        def find(_):
            return replace(a_guard(memory), stack=stack, clients=Clients())

        monkeypatch.setattr(connect, "find", find)
        yield client


def test_a_tenant_stands_for_its_streams_that_this_guard_serves(memory, registry, capsys):
    assert main(["hold", "--tenant", "acme", "shop", *REASON, "--yes"]) == 0
    assert held(memory) == {ACME, SHOP, RECEIPTS}


def test_a_tenant_that_nobody_knows_ends_with_1_and_what_comes_near(memory, registry, capsys):
    assert main(["hold", "--tenant", "acm", *REASON, "--yes"]) == 1
    assert "no tenant 'acm' is registered; did you mean acme?" in capsys.readouterr().err


def test_a_tenant_without_a_stream_here_ends_with_2(memory, registry, capsys):
    assert main(["hold", "--tenant", "far", *REASON, "--yes"]) == 2
    assert "tenant far has no stream that this guard serves" in capsys.readouterr().err
