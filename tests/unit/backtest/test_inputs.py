"""Files of a replay: counts and SES events, plain, gzipped, in folders; when an event became visible; duplicates."""

from __future__ import annotations

import base64
import bz2
import csv
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sesguard.backtest.decided import ReplayTerms
from sesguard.backtest.files import UnreadableFileError, files_below
from sesguard.backtest.inputs import MOST_COMPLAINTS, Inputs
from sesguard.backtest.moment import (
    CodedBounce,
    SeenBounces,
    SeenComplaints,
    SeenDeliveries,
    SeenMoment,
    Send,
    SendByBus,
)
from sesguard.backtest.recorded import Skipped, read_event
from sesguard.backtest.replay import Replay
from sesguard.policy import Policy
from sesguard.ses_events.context import Context
from tests.ses_events import (
    SENT_AT,
    a_bounce,
    a_bounced,
    a_complaint,
    a_delivery,
    a_mail,
    a_send,
    in_eventbridge,
    in_sns,
    in_sqs,
)

SENT = datetime.fromisoformat(SENT_AT).timestamp()
STREAM = "123456789012/eu-west-1/acme-news"
COUNTS = {"stream": "acme", "seen_at": 60, "rows": [["send", 0, 5]]}


def dumped(*documents: Any) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


def moment_of(event: dict[str, Any]) -> SeenMoment:
    moment = read_event(json.dumps(event), Context())
    assert isinstance(moment, SeenMoment)
    return moment


def pretty(document: Any) -> bytes:
    return json.dumps(document, indent=1).encode() + b"\n"


def table(*rows: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def read(*paths: Path) -> tuple[list[SeenMoment], Inputs, list[tuple[str, int, str]]]:
    complaints: list[tuple[str, int, str]] = []
    inputs = Inputs(files_below([str(path) for path in paths]), Context(), lambda *said: complaints.append(said))
    return list(inputs.moments()), inputs, complaints


def test_a_send_is_visible_as_the_mail_is_sent() -> None:
    assert moment_of(a_send("a@x.example")) == SeenMoment(STREAM, SENT, [Send(SENT, 1, "x.example")])


def test_a_send_and_a_delivery_say_where_each_of_their_mails_goes() -> None:
    to = "a@x.example", "b@Y.example", "c@y.example", "success@simulator.amazonses.com"
    assert moment_of(a_send(*to)).rows == [Send(SENT, 1, "x.example"), Send(SENT, 2, "y.example")]
    rows = moment_of(in_eventbridge(a_send(*to))).rows
    assert rows == [SendByBus(SENT, 1, "x.example"), SendByBus(SENT, 2, "y.example")]
    rows = moment_of(a_delivery(*to)).rows
    assert rows == [SeenDeliveries(SENT, 1, "x.example"), SeenDeliveries(SENT, 2, "y.example")]


@pytest.mark.parametrize("wrap", [lambda event: [event], json.dumps, lambda event: {"body": json.dumps(event)}])
def test_what_is_put_around_an_event_changes_nothing(wrap: Any) -> None:
    for event in (a_send(), a_bounce(), a_complaint()):
        assert moment_of(wrap(event)) == moment_of(event)


def test_a_time_as_the_documentation_writes_it_is_one() -> None:
    event = a_bounce(mail=a_mail(timestamp="2026-11-20T08:00:00 +0000"), timestamp="2026-11-20T08:30:00 +0000")
    moment = moment_of(event)
    assert (moment.rows[0].sent, moment.seen_at) == (1_795_161_600, 1_795_163_400)  # type: ignore[union-attr]  # a bounce


def test_a_delivery_is_visible_at_its_own_time() -> None:
    event = a_delivery()
    event["delivery"]["timestamp"] = "2026-11-20T09:20:00.000Z"
    moment = moment_of(event)
    assert moment.seen_at == datetime.fromisoformat("2026-11-20T09:20:00Z").timestamp()
    assert moment.rows == [SeenDeliveries(SENT, 1, "inbox.example")]


def test_a_bounce_is_visible_at_its_own_time_and_brings_domains_and_codes() -> None:
    event = a_bounce(
        a_bounced("a@x.example", "5.1.1"), a_bounced("b@y.example", "5.1.1"), a_bounced("c@y.example", "5.4.4")
    )
    event["bounce"]["timestamp"] = "2026-11-21T01:02:03.000Z"
    moment = moment_of(event)
    assert moment.seen_at == datetime.fromisoformat("2026-11-21T01:02:03Z").timestamp()
    assert moment.rows == [
        CodedBounce(SENT, 1, "x.example", codes=(("5.1.1", 2), ("5.4.4", 1))),
        SeenBounces(SENT, 2, "y.example"),
    ]
    assert moment.identity


@pytest.mark.parametrize("wrap", [in_sns, in_eventbridge, lambda event: in_sns(in_eventbridge(event))])
def test_an_envelope_changes_nothing_but_the_path(wrap: Any) -> None:
    event = a_complaint()
    event["complaint"]["timestamp"] = "2026-11-22T00:00:00.000Z"
    assert moment_of(wrap(event)) == moment_of(event)


def test_an_outcome_without_a_time_is_visible_when_its_envelope_was_published() -> None:
    event = a_complaint()
    event["complaint"].pop("timestamp", None)
    envelope = in_eventbridge(event) | {"time": "2026-11-23T00:00:00Z"}
    assert moment_of(envelope).seen_at == datetime.fromisoformat("2026-11-23T00:00:00Z").timestamp()
    assert moment_of(event).seen_at == SENT


def test_no_outcome_is_visible_before_its_mail_was_sent() -> None:
    event = a_complaint()
    event["complaint"]["timestamp"] = "2026-11-01T00:00:00.000Z"
    assert moment_of(event) == SeenMoment(
        STREAM, SENT, [SeenComplaints(SENT, 1, "inbox.example")], moment_of(event).identity
    )


def test_the_path_of_volume_is_kept_so_that_two_paths_do_not_double_it() -> None:
    assert [type(row) for row in moment_of(in_eventbridge(a_send())).rows] == [SendByBus]


def test_mail_without_a_configuration_set_belongs_to_no_stream() -> None:
    event = a_send(mail=a_mail(configuration_set=None))
    assert read_event(json.dumps(event), Context()) == Skipped(unattributed=True)


def test_what_counts_for_nothing_is_skipped() -> None:
    event = a_bounce(a_bounced())
    event["bounce"]["bounceType"] = "Transient"
    assert read_event(json.dumps(event), Context()) == Skipped(unattributed=False)


def test_counts_and_events_may_lie_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(dumped(COUNTS, a_send(), COUNTS, in_sns(a_send()), a_send(), COUNTS))
    moments, inputs, complaints = read(path)
    assert [moment.stream for moment in moments] == ["acme", STREAM, "acme", STREAM, STREAM, "acme"]
    assert (inputs.read, inputs.broken, complaints) == (6, 0, [])


def test_an_export_of_s3_is_read_with_all_its_folders_and_gzipped_files(tmp_path: Path) -> None:
    folder = tmp_path / "2026" / "11"
    folder.mkdir(parents=True)
    (folder / "20.gz").write_bytes(gzip.compress(dumped(a_send(), a_delivery())))
    (folder / "21.json").write_text(json.dumps([a_send(), in_sns(a_bounce(a_bounced()))], indent=2))
    (folder / "22.json").write_text(json.dumps(in_sqs(a_complaint(), in_sns(a_send()))))
    (folder / ".DS_Store").write_bytes(b"\x00\x01")
    moments, _, complaints = read(tmp_path)
    assert complaints == []
    rows = [type(row).__name__ for moment in moments for row in moment.rows]
    assert rows == ["Send", "SeenDeliveries", "Send", "CodedBounce", "SeenComplaints", "Send"]


def test_a_line_that_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "counts.jsonl"
    path.write_bytes(dumped(COUNTS, {**COUNTS, "seen_at": "soon"}) + b"\n{broken\n" + dumped(COUNTS, 7))
    moments, inputs, complaints = read(path)
    assert len(moments) == 2
    assert inputs.broken == 3
    assert [(Path(file).name, line) for file, line, _ in complaints] == [
        ("counts.jsonl", 2),
        ("counts.jsonl", 4),
        ("counts.jsonl", 6),
    ]
    assert complaints[0][2].startswith('seen_at: "soon"')
    assert "expected a line of counts or an SES event" in complaints[2][2]


def test_what_a_queue_holds_besides_events_is_no_broken_line(tmp_path: Path) -> None:
    path = tmp_path / "queue.json"
    greeting = "Successfully validated SNS topic for Amazon SES event publishing."
    path.write_text(json.dumps(in_sns(greeting)) + "\n" + greeting + "\n")
    moments, inputs, complaints = read(path)
    assert (moments, inputs.broken, inputs.broken_files) == ([], 0, 1)
    assert complaints == [(str(path), 0, "not one SES event or line of counts in it")]


def test_an_event_delivered_twice_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    bounce = a_bounce(a_bounced())
    path.write_bytes(dumped(a_send(), bounce, in_sns(bounce), in_eventbridge(bounce)))
    replay = Replay(ReplayTerms(Policy()))
    assert list(replay.run(read(path)[0])) == []
    assert (replay.duplicates, replay.streams[STREAM].ledger.bounces) == (2, 1)


@pytest.mark.parametrize("made", ["missing", "empty folder"])
def test_a_path_without_files_is_refused(tmp_path: Path, made: str) -> None:
    path = tmp_path / made
    if made == "empty folder":
        path.mkdir()
    with pytest.raises(UnreadableFileError, match=made):
        files_below([str(path)])


@pytest.mark.parametrize("torn", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"])
def test_a_file_that_breaks_off_is_named_and_what_comes_before_is_used(tmp_path: Path, torn: Any) -> None:
    many = [
        {**COUNTS, "seen_at": 60 + n, "rows": [["send", n, 5, f"d{n * 7919 % 9973}.example"]]} for n in range(9_000)
    ]
    (tmp_path / "a.gz").write_bytes(torn(dumped(*many))[:-30])
    (tmp_path / "b.jsonl").write_bytes(dumped(a_send()))
    moments, inputs, complaints = read(tmp_path)
    assert moments[-1].stream == STREAM
    assert inputs.broken <= 1  # the line that the break cuts in two
    assert inputs.broken_files == 1
    file, line, what = complaints[-1]
    assert (Path(file).name, line) == ("a.gz", 0)
    if len(moments) > 1:  # xz and bzip2 may hold all of it in one block
        assert f"the {len(moments) - 1:,} messages before that are used" in what


def test_documents_without_line_ends_are_used_up_to_where_the_file_breaks_off(tmp_path: Path) -> None:
    sends = [a_send(f"{n}@x{n * 7919 % 9973}.example") for n in range(3_000)]
    torn = gzip.compress(b"".join(json.dumps(event).encode() for event in sends))[:-500]
    (tmp_path / "firehose.gz").write_bytes(torn)
    moments, inputs, complaints = read(tmp_path)
    assert len(moments) > 1_000
    assert inputs.broken_files == 1
    assert complaints[-1][1] == 0


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("logs/", b"")
        for name, content in files.items():
            archive.writestr(f"logs/{name}", content)
        archive.writestr("__MACOSX/logs/._x", b"\0\0")
    return packed.getvalue()


def tarred(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        folder = tarfile.TarInfo("logs")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in [*files.items(), (".hidden", b"\0")]:
            member = tarfile.TarInfo(f"logs/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def test_an_archive_that_breaks_off_is_named_and_what_comes_before_is_used(tmp_path: Path) -> None:
    whole = tarred(a=dumped(a_send()), b=dumped(*(a_send(f"{n}@x.example") for n in range(50))))
    (tmp_path / "torn.tar").write_bytes(whole[: len(whole) // 2])
    moments, inputs, complaints = read(tmp_path)
    assert moments
    assert inputs.broken_files == 1
    assert complaints[-1][1] == 0


@pytest.mark.parametrize(
    ("sentence", "content"),
    [
        ("bzip2", bz2.compress(dumped(a_send(), a_delivery()))),
        ("xz", lzma.compress(dumped(a_send(), a_delivery()))),
        ("an archive", zipped(a=dumped(a_send()), b=dumped(a_delivery()))),
        (
            "an archive of gzipped files",
            zipped(a=gzip.compress(dumped(a_send())), b=gzip.compress(dumped(a_delivery()))),
        ),
        ("a tar archive", tarred(a=dumped(a_send()), b=gzip.compress(dumped(a_delivery())))),
        ("a gzipped one", gzip.compress(tarred(a=dumped(a_send()), b=dumped(a_delivery())))),
        ("lines with a prefix", b"INFO [7] " + dumped(a_send()) + b"Nov 20 host app[1]: " + dumped(a_delivery())),
        ("only later lines have one", dumped(a_send()) + b"2026-11-20 09:00 request-id " + dumped(a_delivery())),
        ("two documents on a line", json.dumps(a_send()).encode() + json.dumps(a_delivery()).encode()),
        ("two on a later line", dumped(a_send()) + json.dumps(a_delivery()).encode() + b' {"stream": "acme"'),
        ("as PowerShell writes it", b"\xff\xfe" + dumped(a_send(), a_delivery()).decode().encode("utf-16-le")),
        ("UTF-16 without a mark", json.dumps([a_send(), a_delivery()], indent=1).encode("utf-16-be")),
        ("a list of texts", json.dumps([json.dumps(a_send()), json.dumps(a_delivery())]).encode()),
        ("an element a line", b"[\n" + json.dumps(a_send()).encode() + b",\n" + dumped(a_delivery()) + b",\n]\n"),
        ("a log's documents", dumped({"log": json.dumps(a_send())}, {"log": {"of": json.dumps(a_delivery())}})),
        ("a table", table(["id", "payload"], ["1", json.dumps(a_send())], ["2", json.dumps(a_delivery())])),
        ("objects between times", b"".join(b"2026-11-20 09:00\n" + pretty(it) for it in (a_send(), a_delivery()))),
        ("NUL bytes between", json.dumps(a_send()).encode() + b"\0" + json.dumps(a_delivery()).encode()),
        (
            "what Firehose could not transform",
            dumped(
                *(
                    {"attemptsMade": 4, "errorCode": "X", "rawData": base64.b64encode(json.dumps(it).encode()).decode()}
                    for it in (a_send(), a_delivery())
                )
            ),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_events_are_read_however_they_are_packed(tmp_path: Path, sentence: str, content: bytes) -> None:
    (tmp_path / "packed").write_bytes(content)
    moments, inputs, complaints = read(tmp_path)
    assert [type(moment.rows[0]) for moment in moments] == [Send, SeenDeliveries]
    assert complaints == [] or "later line" in sentence
    assert inputs.broken_files == 0


def test_a_foreign_or_torn_member_of_an_archive_stops_no_other_and_is_named(tmp_path: Path) -> None:
    torn = gzip.compress(dumped(a_send("torn@x.example")))[:-9]
    members = {"a.png": b"\x89PNG\r\n", "b.jsonl": dumped(a_send()), "c.gz": torn, "d.jsonl": dumped(a_delivery())}
    for name, content in (("one.zip", zipped(**members)), ("two.tar", tarred(**members))):
        (tmp_path / name).write_bytes(content)
        moments, inputs, ((_, _, said),) = read(tmp_path / name)
        assert {type(moment.rows[0]) for moment in moments} == {Send, SeenDeliveries}
        assert inputs.broken_files == 1
        assert "a.png': no SES events: a picture, and 1 more of its files" in said


def test_of_what_is_within_a_document_each_that_cannot_be_read_is_named_and_so_is_a_rest(tmp_path: Path) -> None:
    bad = {**a_send(), "mail": {**a_mail(), "timestamp": "never"}}
    (tmp_path / "docs").write_bytes(dumped({"log": [json.dumps(a_send()), json.dumps(bad)]}))
    (tmp_path / "text").write_bytes(b"note: " + dumped(a_send()) + b"note: " + dumped(a_send())[:-40])
    moments, inputs, complaints = read(tmp_path)
    assert (len(moments), inputs.broken) == (2, 2)
    assert complaints[0][2].startswith("record 2: ")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PAR1\x15\x04\x15", "Parquet"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a picture"),
        ("{}".encode("utf-32"), "another encoding than UTF-8"),
        (b"\x28\xb5\x2f\xfd\x04\0", "zstd"),
        (b"PK\x03\x04torn", "zip"),
    ],
)
def test_a_foreign_file_is_named_and_the_rest_goes_on(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "foreign").write_bytes(content)
    (tmp_path / "ours.jsonl").write_bytes(dumped(a_send()))
    moments, inputs, complaints = read(tmp_path)
    assert (len(moments), inputs.broken_files) == (1, 1)
    assert what in complaints[0][2]


def test_a_foreign_text_is_named_by_its_first_lines_only(tmp_path: Path) -> None:
    (tmp_path / "novel.txt").write_bytes(b"{it was\n" * 5_000 + dumped(COUNTS))
    moments, inputs, complaints = read(tmp_path)
    assert (len(moments), inputs.broken) == (1, 5_000)
    assert len(complaints) == MOST_COMPLAINTS + 1
    assert complaints[-1][2] == "and 4,900 more messages that cannot be used"


@pytest.mark.parametrize("path", ["x" * 5_000, ""])
def test_what_can_be_no_files_name_is_said_so(path):
    with pytest.raises(UnreadableFileError):
        files_below([path])
