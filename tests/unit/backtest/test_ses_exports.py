"""What SES itself exports about past mail, replayed: send statistics and message insights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sesguard.backtest.files import files_below
from sesguard.backtest.inputs import Inputs
from sesguard.backtest.moment import SeenBounces, SeenComplaints, SeenDeliveries, SeenMoment, Send, UnusableError
from sesguard.backtest.ses_exports import read_export
from sesguard.ses_events.context import Context

AT = 1_795_161_600.0  # 2026-11-20T08:00:00Z
HEADER = (
    "messageid,sendtimestamp,isp,fromaddress,destination,subject,last_delivery_event,last_engagement_event,"
    "last_delivery_event_timestamp,last_engagement_event_timestamp,bounce_sub_type,diagnostic_code,opened,clicked,"
    "delivered,bounced,complained"
)


def row(number: int, event: str, subtype: str = "", diagnostic: str = "", after: str = "08:00:05") -> str:
    return (
        f'm{number},2026-11-20T08:00:00.000Z,Gmail,"Shop, Inc" <news@shop.example>,a{number}@inbox.example,Hi,'.replace(
            '"Shop, Inc" <news@shop.example>', '"""Shop, Inc"" <news@shop.example>"'
        )
        + f"{event},,2026-11-20T{after}.000Z,,{subtype},{diagnostic},FALSE,FALSE,FALSE,FALSE,FALSE"
    )


def read(tmp_path: Path, text: str) -> tuple[list[SeenMoment], Inputs, list[Any]]:
    path = tmp_path / "export.csv"
    path.write_text(text)
    complaints: list[Any] = []
    inputs = Inputs(files_below([str(path)]), Context(), lambda *said: complaints.append(said))
    return list(inputs.moments()), inputs, complaints


def rows_of(moments: list[SeenMoment]) -> list[Any]:
    return [row for moment in moments for row in moment.rows]


def test_statistics_are_the_account_by_the_quarter_of_an_hour() -> None:
    point = {"Timestamp": "2026-11-20T08:00:00Z", "DeliveryAttempts": 100, "Bounces": 9, "Complaints": 0, "Rejects": 1}
    assert read_export(json.dumps({"SendDataPoints": [point]})) == [
        SeenMoment("account", AT + 900, [Send(AT, 100), SeenBounces(AT, 9)])
    ]


@pytest.mark.parametrize(
    ("point", "problem"),
    [
        ({"Timestamp": "soon"}, r"SendDataPoints\[0\].Timestamp: 'soon'; expected a time"),
        ({"Timestamp": "2026-11-20T08:00:00Z", "Bounces": -1}, r"Bounces: -1; expected a whole number"),
        (7, r"SendDataPoints\[0\]: 7; expected an object"),
    ],
)
def test_statistics_that_cannot_be_read_are_told(point: Any, problem: str) -> None:
    with pytest.raises(UnusableError, match=problem):
        read_export(json.dumps({"SendDataPoints": [point]}))


def test_a_table_of_insights_counts_as_ses_counts(tmp_path: Path) -> None:
    lines = [
        row(1, "DELIVERY"),
        row(2, "PERMANENT_BOUNCE", "GENERAL", '"smtp; 550 5.1.1 no\nsuch user"'),
        row(3, "PERMANENT_BOUNCE", "ON_ACCOUNT_SUPPRESSION_LIST"),
        row(4, "TRANSIENT_BOUNCE", "MAILBOX_FULL"),
        row(5, "COMPLAINT"),
        row(6, "SEND"),
    ]
    moments, inputs, complaints = read(tmp_path, "\n".join([HEADER, *lines]))
    assert complaints == []
    assert {moment.stream for moment in moments} == {"from:shop.example"}
    found = rows_of(moments)
    assert sum(isinstance(it, Send) for it in found) == 6
    assert [it for it in found if isinstance(it, SeenBounces)] == [SeenBounces(AT, 1, "inbox.example", "5.1.1")]
    assert [it for it in found if isinstance(it, SeenComplaints)] == [SeenComplaints(AT, 1, "inbox.example")]
    assert sum(isinstance(it, SeenDeliveries) for it in found) == 2
    assert [moment.seen_at for moment in moments if isinstance(moment.rows[0], SeenBounces)] == [AT + 5]
    assert inputs.read == 6


def test_names_of_columns_may_be_written_as_titles_and_a_bad_row_is_named(tmp_path: Path) -> None:
    text = "Message ID,Send timestamp,Last delivery event,From address,Destination\n"
    text += "m1,2026-11-20 08:00:00 UTC,Delivery,a@shop.example,b@x.example\nm2,yesterday,Delivery,a@b.c,d@e.f\n"
    moments, inputs, complaints = read(tmp_path, text)
    assert rows_of(moments) == [Send(AT, 1, "x.example"), SeenDeliveries(AT, 1, "x.example")]
    assert inputs.broken == 1
    assert complaints[0][1] == 3
    assert "sendtimestamp: 'yesterday'; expected a time" in complaints[0][2]


def test_the_same_as_json() -> None:
    document = {
        "MessageId": "m1",
        "SendTimestamp": AT * 1_000,
        "FromAddress": "a@shop.example",
        "Destination": "b@x.example",
        "LastDeliveryEvent": "PERMANENT_BOUNCE",
        "LastDeliveryEventTimestamp": AT + 4,
        "BounceSubType": "General",
    }
    moments = read_export(json.dumps(document))
    assert moments is not None
    assert rows_of(moments) == [Send(AT, 1, "x.example"), SeenBounces(AT, 1, "x.example")]


def test_one_message_has_its_set_among_its_tags() -> None:
    events = [
        {"Timestamp": "2026-11-20T08:00:00Z", "Type": "SEND"},
        {
            "Timestamp": "2026-11-20T08:00:09Z",
            "Type": "BOUNCE",
            "Details": {"Bounce": {"BounceType": "PERMANENT", "BounceSubType": "General", "DiagnosticCode": "5.1.1"}},
        },
    ]
    message = {
        "MessageId": "m1",
        "FromEmailAddress": "a@shop.example",
        "EmailTags": [{"Name": "ses:configuration-set", "Value": "shop-news"}],
        "Insights": [{"Destination": "b@x.example", "Isp": "Other", "Events": events}],
    }
    moments = read_export(json.dumps(message))
    assert moments is not None
    assert [(it.stream, it.seen_at) for it in moments] == [("shop-news", AT), ("shop-news", AT + 9)]
    assert rows_of(moments) == [Send(AT, 1, "x.example"), SeenBounces(AT, 1, "x.example", "5.1.1")]


def test_what_is_no_export_is_left_to_others() -> None:
    assert read_export(b'{"eventType": "Send"}') is None
    assert read_export(b"[1]") is None
    assert read_export(b"{broken") is None
