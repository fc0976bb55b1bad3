"""The handlers: a page each, and what fails in a batch fails alone."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from sesguard.notify import Channels
from sesguard.ports import Sending
from tests.fakes.alarms import a_body
from tests.fakes.clock import NOW
from tests.fakes.world import ACME, Memory, MemoryOnce, MemoryTenants, Sent

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"


class Context:
    """Of a Lambda invocation."""

    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:any"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 30_000


def app(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A function's module, as Lambda loads it."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", name)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Sesguard")
    spec = importlib.util.spec_from_file_location(f"app_{name}", FUNCTIONS / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def a_batch(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": str(n), "body": body, "eventSource": "aws:sqs"} for n, body in enumerate(bodies)]}


def failed(answer: Any) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def test_enforce_takes_each_alarm_alone(monkeypatch):
    memory = Memory()
    module = app("enforce", monkeypatch)
    monkeypatch.setattr(module, "world", lambda account, region: memory.world)

    def twice_without_ses(name: str) -> None:
        if name == "look":
            memory.switch.hook = lambda _: None
            raise RuntimeError("SES is gone")

    memory.switch.hook = twice_without_ses
    answer = module.handler(a_batch(a_body(NOW), a_body(NOW), "no alarm"), Context())
    assert failed(answer) == ["0"]
    assert memory.switch.sets[ACME] is Sending.OFF
    assert memory.bus.types == ["Tenant Paused", "Operator Notice"]


def test_notify_tells_of_each_event_alone(monkeypatch):
    sent = Sent()
    memory = Memory()
    once = SimpleNamespace(register=lambda context: None)
    channels = Channels(tenants=MemoryTenants(), mail=sent, operator=sent, once=MemoryOnce(), journal=memory.streams)
    module = app("notify", monkeypatch)
    monkeypatch.setattr(module, "wired", lambda: SimpleNamespace(channels=channels, once=once))
    good = {"detail-type": "Operator Notice", "detail": {"id": "1", "subject": "s", "text": "t"}}
    answer = module.handler(a_batch("broken", json.dumps(good)), Context())
    assert failed(answer) == ["0"]
    assert [subject for subject, _ in sent.told] == ["[sesguard] s"]


def test_sweep_beats(monkeypatch, capsys):
    memory = Memory()
    module = app("sweep", monkeypatch)
    monkeypatch.setattr(module, "wired", lambda account, region: (memory.world, memory.alarms))
    module.handler({}, Context())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (beat,) = [line for line in lines if "_aws" in line]
    assert (beat["Sweeps"], beat["StreamsNotHealthy"], beat["StreamsNotSwept"]) == ([1.0], [0.0], [0.0])
