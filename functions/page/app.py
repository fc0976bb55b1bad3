"""page: what the link in a pause notice opens. Shows the pause; its button, and nothing else, acknowledges it."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from sesguard.acknowledgement import pages
from sesguard.acknowledgement.links import PARAMETER
from sesguard.acknowledgement.page import PageDeps, answer
from sesguard.acknowledgement.request import Refusal, Request
from sesguard.aws.settings import PageSettings, in_lambda
from sesguard.wiring.page import opened

logger = Logger()


@cache
def wired() -> PageDeps:
    return opened(PageSettings.from_env())


if in_lambda():
    wired()  # while the process starts, when Lambda gives it more CPU than the function will have


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001  # nothing hangs on it
    """Answer one request of the HTTP API, whatever its path. What goes wrong is an answer with the same headers."""
    method = event["requestContext"]["http"]["method"]
    try:
        request = request_of(event)
        response = pages.refused(Refusal.FORM) if request is None else answer(wired(), request, datetime.now(UTC))
    except Exception:  # a browser waits, nothing is tried again: the alarm on the API's 5xx tells the operator
        logger.exception("page failed")
        response = pages.trouble()
    if method == "HEAD":
        response = replace(response, body="")
    logger.info("page answered", method=method, status=response.status)
    return {"statusCode": response.status, "headers": dict(response.headers), "body": response.body}


def request_of(event: dict[str, Any]) -> Request | None:
    """Read the event of an HTTP API, payload format 2.0; None where its body is none that a browser sends.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    context, text = event["requestContext"], event.get("body") or ""
    try:
        body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except ValueError:  # no base64, or half a character
        return None
    return Request(
        method=context["http"]["method"],
        token=(event.get("queryStringParameters") or {}).get(PARAMETER, ""),
        headers=headers,
        body=body,
        hosts=frozenset({context.get("domainName", "").lower(), headers.get("host", "").lower()}),
    )
