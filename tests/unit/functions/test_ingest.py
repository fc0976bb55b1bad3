"""ingest's handler: what it answers to Lambda, and what it leaves in its log."""

import importlib.util
import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.workers import Workers
from sesguard.errors import AwsError, RecordError
from sesguard.ingest.evaluate import Evaluator
from sesguard.ingest.sender_sample import Sampling
from sesguard.wiring.ingest import Ingesting
from tests.fakes.tables import TABLES, in_memory, volume_in
from tests.fakes.world import ACME, Memory
from tests.ses_events import a_bounce, a_bounced, a_mail, a_send

APP = Path(__file__).resolve().parents[3] / "functions/ingest/app.py"


class Context:
    """Of a Lambda invocation."""

    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:ingest"

    @staticmethod
    def get_remaining_time_in_millis():
        return 60_000


class Function:
    """The function over a store in memory; ``taken`` is what it answered, ``lines`` what it wrote meanwhile.

    back_soon: the messages that it asked to have back within seconds.
    """

    def __init__(self, module, capsys):
        self.store, self.memory = in_memory(), Memory()
        workers = Workers(1)
        guard = Evaluator(
            streams=self.memory.streams,
            counts=DynamoCounts(self.store, TABLES.cohorts),
            alarms=self.memory.alarms,
            bus=self.memory.bus,
            requests=self.memory.requests,
            parallel=workers,
        )
        module.wired = lambda: Ingesting(
            DynamoCountsWriter(self.store, TABLES, workers),
            guard,
            count_simulator=False,
            senders=None,
            deferrals=None,
            domains=None,
            sampling=Sampling(start=10**9),
            tenants=None,
            visibility=self,
        )
        self._log = io.StringIO()
        module.logger.handlers[0].setStream(self._log)
        self._module, self._capsys = module, capsys

    def soon(self, records, left):
        assert left() > 0
        self.back_soon = [record["messageId"] for record in records]

    def take(self, *bodies):
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        records = [{"messageId": f"message-{number}", "body": text} for number, text in enumerate(texts)]
        answer = self._module.handler({"Records": records}, Context())
        out, err = self._capsys.readouterr()
        assert err == ""
        written = self._log.getvalue() + out
        self.lines = [json.loads(line) for line in written.splitlines()]
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def metrics(self):
        """Name and reason -> value."""
        found = {}
        for line in self.lines:
            for told in line.get("_aws", {}).get("CloudWatchMetrics", []):
                for metric in told["Metrics"]:
                    (found[metric["Name"], line.get("Reason", "")],) = line[metric["Name"]]
        return found


@pytest.fixture
def function(monkeypatch, capsys):
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "ingest")
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    spec = importlib.util.spec_from_file_location("app_ingest", APP)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Function(module, capsys)


def test_an_ordinary_batch_is_counted_and_costs_no_line_of_log(function):
    assert function.take(*[a_send()] * 3) == []
    assert volume_in(function.store, ACME).total() == 3
    assert function.lines == []


def test_a_body_that_cannot_be_read_is_answered_by_its_id_logged_and_measured(function):
    aside: list[tuple[str, str]] = []
    function._module.aside = SimpleNamespace(put=lambda *message: aside.append(message) or True)
    assert function.take(a_send(), "{", a_send()) == []
    assert aside == [("{", "not_json")]  # at once: no retry ever reads it
    assert function.metrics() == {("RejectedMessages", "not_json"): 1}
    assert [line["reason"] for line in function.lines if line.get("message") == "message left aside"] == ["not_json"]


def test_what_cannot_even_be_set_aside_comes_again(function):
    function._module.aside = SimpleNamespace(put=lambda *_: False)
    assert function.take(a_send(), "{") == ["message-1"]


def test_a_body_that_is_ignored_is_measured_and_done_with(function):
    assert function.take("hello", "hello again") == []
    assert function.metrics() == {("IgnoredMessages", "plain_text"): 2}


def test_mail_without_a_configuration_set_is_measured(function):
    function.take(a_send(mail=a_mail(configuration_set=None)))
    assert function.metrics() == {("UnattributedMails", ""): 1}


def test_an_unknown_subtype_is_measured_by_kind_of_event(function):
    function.take(a_bounce(subtype="Novel"))
    assert function.metrics() == {("UnknownSubtypes", "bounce"): 1}


def test_a_stream_at_risk_is_logged_with_the_sentence_that_people_are_told(function):
    bounces = [a_bounce(a_bounced(f"x@d{n}.example"), feedbackId=str(n)) for n in range(100)]
    assert function.take(a_send(), *bounces) == []
    (line,) = [line for line in function.lines if line.get("message") == "stream weighed"]
    assert (line["stream"], line["action"]) == (str(ACME), "pause")
    assert "hard bounce rate" in line["sentence"]


def test_a_stream_that_could_not_be_weighed_is_logged_and_its_messages_measured_by_the_errors_code(function):
    function.memory.hook_all(fails_to_load(AwsError("GetItem", "Throttling", retryable=True)))
    assert function.take(a_send(), a_bounce()) == function.back_soon == ["message-1"]
    assert function.metrics() == {("FailedMessages", "Throttling"): 1}
    (line,) = [line for line in function.lines if line.get("message") == "stream not weighed"]
    assert (line["stream"], line["error"]) == (str(ACME), "Throttling")


def test_what_nobody_foresaw_of_a_stream_fails_its_messages_alone(function):
    function.memory.hook_all(fails_to_load(ZeroDivisionError()))
    assert function.take(a_send(), a_bounce()) == ["message-1"]
    assert function.metrics() == {("FailedMessages", "ZeroDivisionError"): 1}


def fails_to_load(error):
    def hook(call):
        if call == "load":
            raise error

    return hook


def test_nothing_personal_is_logged(function):
    function.take(
        a_bounce(
            a_bounced("ada.lovelace@private.example"), subtype="Novel", mail=a_mail("ada.lovelace@private.example")
        ),
        '{"eventType": "Send", "mail": {"destination": "ada.lovelace@private.example"}}',
        "ada.lovelace@private.example",
    )
    assert function.lines
    assert "lovelace" not in json.dumps(function.lines)


def test_a_record_that_cannot_be_read_is_measured_as_by_the_sweep_and_fails_nothing(function):
    def unreadable(step):
        if step == "load":
            raise RecordError(str(ACME), "status: quarantined")

    function.memory.streams.hook = unreadable
    assert function.take(a_send(), a_bounce()) == []
    assert function.metrics() == {("UnreadableRecords", ""): 1}
