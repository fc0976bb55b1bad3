"""What VDM says of each mailbox provider: read by provider, so that what is wrong with one is its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from sesguard.aws.ses.provider_metrics import DAYS, PROVIDERS, read_providers
from sesguard.errors import AwsError
from sesguard.fleet.provider_rates import ALL, OTHERS, ProviderMail
from tests.fakes.clock import NOW

METRICS = ("send", "delivery", "permanent_bounce", "transient_bounce", "complaint", "delivery_complaint")


class Vdm:
    """SES, whose answers are given and held to the service's own model."""

    def __init__(self) -> None:
        self.client = boto3.client("sesv2", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        self.stub = Stubber(self.client)
        self.stub.activate()

    def says(self, *numbers: int, failed: dict[str, str] | None = None) -> None:
        """Answer the next call with ``numbers`` of METRICS, each in two parts, but for those that failed."""
        failed = failed or {}
        days = [datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)]
        results = [
            {"Id": metric, "Timestamps": days, "Values": [number // 2, number - number // 2]}
            for metric, number in zip(METRICS, numbers, strict=True)
            if metric not in failed
        ]
        errors = [{"Id": metric, "Code": code, "Message": "x"} for metric, code in failed.items()]
        self.stub.add_response("batch_get_metric_data", {"Results": results, "Errors": errors}, {"Queries": ANY})

    def nobody(self, many: int) -> None:
        for _ in range(many):
            self.says(0, 0, 0, 0, 0, 0)

    def refuses(self, code: str) -> None:
        self.stub.add_client_error("batch_get_metric_data", code)


@pytest.fixture
def vdm() -> Vdm:
    return Vdm()


def test_each_provider_with_mail_has_a_row_the_most_mail_first_and_the_rest_is_what_is_left(vdm):
    vdm.says(1_000, 950, 20, 30, 3, 400)
    vdm.says(100, 90, 5, 5, 0, 0)
    vdm.says(500, 480, 10, 10, 2, 300)
    vdm.nobody(len(PROVIDERS) - 2)
    found = read_providers(vdm.client, NOW)
    assert found.rows == (
        ProviderMail("Yahoo", 500, 480, 10, 10, 2, 300),
        ProviderMail("Gmail", 100, 90, 5, 5, 0, 0),
        ProviderMail(OTHERS, 400, 380, 5, 15, 1, 100),
        ProviderMail(ALL, 1_000, 950, 20, 30, 3, 400),
    )
    assert (found.days, found.problems) == (DAYS, ())
    vdm.stub.assert_no_pending_responses()


def test_it_asks_for_full_days_and_at_most_ten_numbers_at_once(vdm, monkeypatch):
    asked: list[list[dict[str, Any]]] = []

    def answer(Queries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803  # boto's
        asked.append(Queries)
        return {"Results": [{"Id": it["Id"], "Values": [1]} for it in Queries]}

    monkeypatch.setattr(vdm.client, "batch_get_metric_data", answer)
    read_providers(vdm.client, NOW)
    assert [each[0].get("Dimensions") for each in asked] == [None, *({"ISP": name} for name in PROVIDERS)]
    for queries in asked:
        assert len(queries) <= 10
        assert {it["Namespace"] for it in queries} == {"VDM"}
        assert {it["EndDate"] for it in queries} == {datetime(2026, 11, 21, tzinfo=UTC)}
        assert {it["EndDate"] - it["StartDate"] for it in queries} == {timedelta(days=DAYS)}


def test_a_provider_that_is_refused_leaves_the_others_and_the_rest_unknown(vdm):
    vdm.says(10, 9, 1, 0, 0, 5)
    vdm.refuses("BadRequestException")
    vdm.says(4, 4, 0, 0, 0, 4)
    vdm.nobody(len(PROVIDERS) - 2)
    found = read_providers(vdm.client, NOW)
    assert [it.provider for it in found.rows] == ["Yahoo", ALL]
    assert len(found.problems) == 1
    assert found.problems[0].startswith("Gmail: ")


def test_a_number_that_ses_cannot_say_is_unknown_and_named(vdm):
    vdm.says(10, 9, 1, 0, 0, 5)
    vdm.says(4, 4, 0, 0, 0, 4, failed={"complaint": "INTERNAL_FAILURE", "send": "ACCESS_DENIED"})
    vdm.nobody(len(PROVIDERS) - 1)
    found = read_providers(vdm.client, NOW)
    gmail = found.rows[0]
    assert (gmail.provider, gmail.sent, gmail.complaints, gmail.delivered) == ("Gmail", None, None, 4)
    assert (gmail.share(gmail.delivered), gmail.complaint_rate) == (None, None)
    assert found.problems == ("Gmail, send: ACCESS_DENIED", "Gmail, complaint: INTERNAL_FAILURE")


def test_where_nothing_can_be_read_it_is_an_error(vdm):
    vdm.refuses("TooManyRequestsException")
    with pytest.raises(AwsError):
        read_providers(vdm.client, NOW)


def test_complaints_are_of_what_was_delivered_where_one_would_come_back():
    mail = ProviderMail("Yahoo", 1_000, 900, 10, 20, 1, 500)
    assert (mail.complaint_rate, mail.share(mail.bounces)) == (0.002, 0.01)
    assert ProviderMail("Gmail", 1_000, 900, 10, 20, 0, 0).complaint_rate is None
