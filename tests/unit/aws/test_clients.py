"""What AWS's library raises becomes an error of the guard's own, or an answer where one was expected."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.session import Session

from sesguard.aws.clients import OperatorClients, aws_error, calling, calling_unless
from sesguard.errors import AwsError, ConflictError


def refused(code: str, status: int = 400, *reasons: str) -> ClientError:
    answer: dict[str, Any] = {
        "Error": {"Code": code, "Message": "quotes somebody@acme.example"},
        "ResponseMetadata": {"HTTPStatusCode": status},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    return ClientError(answer, "Operation")  # type: ignore[arg-type]  # as far as it is read


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (refused("AccessDeniedException"), "AccessDeniedException", False),
        (refused("ThrottlingException"), "ThrottlingException", True),
        (refused("ConflictException", 409), "ConflictException", True),
        (refused("NeverHeardOf", 503), "NeverHeardOf", True),
        (ConnectTimeoutError(endpoint_url="https://ses.example"), "ConnectTimeoutError", True),
        (refused("TransactionCanceledException", 400, "None", "ThrottlingError"), "ThrottlingError", True),
        (refused("TransactionCanceledException", 400, "None", "ValidationError"), "ValidationError", False),
        (
            refused("TransactionCanceledException", 400, "ThrottlingError", "ConditionalCheckFailed"),
            "ConditionalCheckFailed",
            True,
        ),
    ],
)
def test_the_error_says_what_failed_and_whether_time_heals_it_and_quotes_nothing(
    error: Exception, code: str, retryable: bool
) -> None:
    with pytest.raises(AwsError) as caught, calling("GetThing"):
        raise error
    assert str(caught.value) == f"GetThing failed: {code}"
    assert caught.value.retryable is retryable


def too_often(service: str) -> list[tuple[str, int]]:
    """Codes and statuses by which a service says that it is asked too often or cannot answer now: botocore's model."""
    model = Session().get_service_model(service)
    found = [(shape.name, shape.metadata.get("error", {})) for shape in model.error_shapes]
    said = [(error.get("code", name), error.get("httpStatusCode", 400)) for name, error in found]
    return [(code, status) for code, status in said if "throttl" in code.lower() or status == 429 or status >= 500]


@pytest.mark.parametrize("service", ["cloudwatch", "dynamodb", "events", "lambda", "sesv2", "sns", "sqs", "ssm"])
def test_whatever_a_service_calls_too_often_is_healed_by_time(service: str) -> None:
    assert too_often(service)
    for code, status in too_often(service):
        assert aws_error("GetThing", refused(code, status)).retryable, code


def test_an_answer_that_was_expected_is_no_error() -> None:
    with calling_unless("GetThing", "NotFoundException", "Gone"):
        raise refused("Gone")
    with calling_unless("GetThing", "NotFoundException"), calling("GetThing"):
        raise refused("NotFoundException")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refused("AccessDeniedException"), AwsError),
        (AwsError("GetThing", "AccessDeniedException", retryable=False), AwsError),
        (ConflictError("thing"), ConflictError),
        (ZeroDivisionError(), ZeroDivisionError),
    ],
)
def test_whatever_else_happens_is_raised(error: Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind), calling_unless("GetThing", "NotFoundException"):
        raise error


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_with_keys_of_its_own_a_profile_of_the_environment_has_no_say(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "no such profile")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of another account")
    clients = OperatorClients(region="us-east-1", endpoint="http://127.0.0.1:9", keys=("111122223333", "local"))
    clients.make("sts")
    credentials = clients.session.get_credentials()
    assert (credentials.access_key, credentials.token) == ("111122223333", None)


def test_an_endpoint_on_this_machine_is_reached_past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    for endpoint, proxied in (("http://127.0.0.1:9", False), ("https://sts.example.com", True)):
        client = OperatorClients(region="us-east-1", endpoint=endpoint, keys=("a", "b")).make("sts")
        assert bool(client._endpoint.http_session._proxy_config._proxies) is proxied
