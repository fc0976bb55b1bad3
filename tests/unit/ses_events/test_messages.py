"""Finding the messages in files of every accepted shape."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zlib
from typing import Any

import pytest

from sesguard.ses_events.messages import RawMessage, messages
from tests.ses_events import Event, a_bounce, a_send, in_eventbridge, in_lambda_sns, in_sqs

ONE, TWO = a_send("a@x.example"), a_bounce()


def found(content: str | bytes) -> list[RawMessage]:
    data = content.encode() if isinstance(content, str) else content
    return list(messages(io.BufferedReader(io.BytesIO(data))))


def bodies(content: str | bytes) -> list[Any]:
    return [json.loads(message.body) for message in found(content)]


def lines(*events: Event, end: str = "\n") -> str:
    return "".join(json.dumps(event) + end for event in events)


AT = "2026-11-20T08:00:04.000Z"
dumps = json.dumps


def logged(*events: Event) -> list[Any]:
    return [{"timestamp": 1_763_625_600_000, "message": dumps(event), "eventId": "1"} for event in events]


def packed(*events: Event) -> str:
    return base64.b64encode(gzip.compress(dumps({"logEvents": logged(*events)}).encode())).decode()


def csv(*events: Event) -> str:
    rows = [f'1763625600000,"{dumps(event)}"'.replace('"', '""').replace('""{', '"{') for event in events]
    return "\n".join(["timestamp,message", *(row[:-1] for row in rows)])


def insights_csv(*events: Event) -> str:
    rows = ["2026-11-20 08:00:00.000,{},events/7".format('"' + dumps(it).replace('"', '""') + '"') for it in events]
    return "\n".join(["@timestamp,@message,@logStream", *rows])


@pytest.mark.parametrize(
    ("sentence", "content", "expected"),
    [
        ("one document", json.dumps(ONE), [ONE]),
        ("one document over many lines", json.dumps(ONE, indent=2), [ONE]),
        ("one document after blank lines", "\n\n" + json.dumps(ONE, indent=2) + "\n\n", [ONE]),
        ("a document a line", lines(ONE, TWO), [ONE, TWO]),
        ("an array of a queue's records", json.dumps(in_sqs(ONE, TWO)["Records"]), [ONE, TWO]),
        (
            "messages as the AWS command line receives them",
            json.dumps({"Messages": [{"MessageId": "1", "Body": json.dumps(event)} for event in (ONE, TWO)]}, indent=2),
            [ONE, TWO],
        ),
        ("lines as Windows ends them", lines(ONE, TWO, end="\r\n"), [ONE, TWO]),
        ("lines with blank ones between", lines(ONE, TWO, end="\n\n \n"), [ONE, TWO]),
        ("a byte order mark", "\ufeff" + lines(ONE, TWO), [ONE, TWO]),
        ("documents without anything between", lines(ONE, TWO, ONE, end=""), [ONE, TWO, ONE]),
        ("documents over many lines, one after the other", json.dumps(ONE, indent=2) * 2, [ONE, ONE]),
        ("an array", json.dumps([ONE, TWO]), [ONE, TWO]),
        ("an array over many lines", json.dumps([ONE, TWO], indent=2), [ONE, TWO]),
        ("arrays as lines", lines([ONE], [TWO, ONE]), [ONE, TWO, ONE]),  # type: ignore[arg-type]  # any JSON will do
        ("a Lambda event of SQS", json.dumps(in_sqs(ONE, TWO), indent=2), [ONE, TWO]),
        ("a Lambda event of SNS", json.dumps({"Records": [in_lambda_sns(ONE)]}), [in_lambda_sns(ONE)]),
        ("an EventBridge event", json.dumps(in_eventbridge(ONE)), [in_eventbridge(ONE)]),
        ("Lambda events as lines", lines(in_sqs(ONE), in_sqs(TWO, ONE)), [ONE, TWO, ONE]),
        ("what aws logs filter-log-events prints", json.dumps({"events": logged(ONE, TWO)}, indent=2), [ONE, TWO]),
        ("what a subscription of CloudWatch Logs delivers", json.dumps({"logEvents": logged(ONE, TWO)}), [ONE, TWO]),
        ("the same as Lambda gets it", json.dumps({"awslogs": {"data": packed(ONE, TWO)}}), [ONE, TWO]),
        (
            "what aws logs get-query-results prints",
            json.dumps({"results": [[{"field": "@ptr", "value": "x"}, {"field": "@message", "value": dumps(ONE)}]]}),
            [ONE],
        ),
        ("an export of CloudWatch Logs", f"{AT} {dumps(ONE)}\n{AT} {dumps(TWO)}\n", [ONE, TWO]),
        ("what aws logs tail prints", f"{AT} events/7 {dumps(ONE)}\n{AT} events/7 {dumps(TWO)}\n", [ONE, TWO]),
        ("what the console of CloudWatch Logs downloads", csv(ONE, TWO), [ONE, TWO]),
        ("what that of its Insights downloads", insights_csv(ONE, TWO), [ONE, TWO]),
        ("a list whose lines are its elements", f"[{dumps(ONE)},\n{dumps(TWO)}]", [ONE, TWO]),
        ("such lines without their list", lines(ONE, TWO, end=",\n"), [ONE, TWO]),
        ("documents with commas between", f"{dumps(ONE)}, {dumps(TWO)}", [ONE, TWO]),
        ("lists on one line", dumps([ONE]) + dumps([TWO]), [ONE, TWO]),
        ("lines with more behind", lines(ONE, TWO, end=" (took 3 ms)\n"), [ONE, TWO]),
        ("lines with a prefix", f"[INFO] {dumps(ONE)}\n[INFO] {dumps(TWO)}", [ONE, TWO]),
        ("with braces in it", f"INFO {{}} {{id=1}} {dumps(ONE)}\nINFO {{}} {{id=2}} {dumps(TWO)}", [ONE, TWO]),
        ("a list that breaks off", f"[{dumps(ONE)}, {dumps(TWO)}", [ONE, TWO]),
        ("nothing", "", []),
        ("blank lines only", "\n \n", []),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value and "{" not in value else "",
)
def test_shapes_of_files(sentence: str, content: str, expected: list[Event]) -> None:
    assert bodies(content) == expected
    assert bodies(gzip.compress(content.encode())) == expected, "the same compressed"


def test_a_gzip_file_of_several_members_is_read_to_its_end() -> None:
    assert bodies(gzip.compress(lines(ONE).encode()) + gzip.compress(lines(TWO).encode())) == [ONE, TWO]


def test_messages_carry_line_record_and_the_queues_account_and_region() -> None:
    content = "\n" + lines(in_sqs(ONE, TWO, region="ap-south-1", account="333333333333"), ONE)
    places = [(message.line, message.record, message.account, message.region) for message in found(content)]
    assert places == [(2, 1, "333333333333", "ap-south-1"), (2, 2, "333333333333", "ap-south-1"), (3, None, "", "")]
    assert [message.line for message in found("\n" + json.dumps(ONE, indent=1) * 2)] == [
        2,
        2 + json.dumps(ONE, indent=1).count("\n"),
    ]


@pytest.mark.parametrize(
    ("sentence", "content", "expected"),
    [
        ("a bad line spoils itself only", lines(ONE) + "{bad\n" + lines(TWO), [1, 2, 3]),
        ("so does a bad first line", "{bad\n" + lines(ONE, TWO), [1, 2, 3]),
        ("a broken document over many lines is one message", json.dumps(ONE, indent=2)[:-1], [1]),
        ("plain text is one message", "Successfully validated\nSNS topic", [1]),
        ("what follows the last good document is one message", json.dumps(ONE, indent=2) + "\n]]", [1, 33]),
        ("a broken array is one message", "[" + json.dumps(ONE)[:-9], [1]),
        ("what follows the break of a list is one", f"[{dumps(ONE)},\n{dumps(TWO)},\n{dumps(ONE)[:90]}", [1, 2, 3]),
        ("of a list on one line, too", f"[{dumps(ONE)},{dumps(TWO)[:90]}", [1, 1]),
    ],
    ids=lambda value: value if isinstance(value, str) and value[0].islower() else "",
)
def test_what_is_broken_stays_a_message_of_its_own(sentence: str, content: str, expected: list[int]) -> None:
    assert [message.line for message in found(content)] == expected


@pytest.mark.parametrize(
    "content", ["[" * 50_000, '{"Records":' * 50_000, '{"Records": 5}', '{"Records": [5]}', '{"\x00', "[1, {}]"]
)
def test_hostile_files_raise_nothing(content: str) -> None:
    assert found(content)
    assert found(content + "\n" + content)


def test_a_broken_compression_is_said_to_be_so() -> None:
    compressed = gzip.compress(lines(*[ONE] * 100).encode())
    with pytest.raises(EOFError):
        found(compressed[: len(compressed) // 2])
    with pytest.raises((OSError, zlib.error)):
        found(compressed[:10] + b"\xff" * 50)
