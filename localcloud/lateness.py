"""How late the machine is: a message through a queue, a function and a second queue, again and again, in a local cloud.

That way is the guard's own, so what makes it slow makes the guard slow: limits on the guard are stretched by it. And by
how little of a core there is for who asks for one: the guard's functions have more to do than that one.
"""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from collections import deque
from collections.abc import Mapping
from statistics import median
from typing import Any, Final, Self

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.cloud import Emulator

USUAL_SECONDS: Final = 1.0
"""The way takes less on a machine that is not slow, a cold start included (0.2 s warm, 0.8 s cold on two cores)."""
TOO_SLOW_SECONDS: Final = 15.0
"""From here on functions of the guard run into their time limits of 30 s, and nothing can be said of it."""

TOO_BUSY: Final = 8.0
"""The same of ``busiest``: what takes four seconds of a core's work takes longer than that."""

_EVERY_SECONDS: Final = 4.0
_WORK_SECONDS: Final = 0.03
_OWN_SHARE: Final = 2.0
"""``busiest`` of a machine that does nothing else: the local cloud's own functions want the cores as well."""
_REMEMBERED: Final = 5
"""Shares of a core whose median counts: one alone is an accident."""
_NAME: Final = "localcloud-lateness"
_ECHO: Final = f"""\
import boto3
sqs = boto3.client("sqs")
url = sqs.get_queue_url(QueueName="{_NAME}-back")["QueueUrl"]
def handler(event, context):
    for record in event["Records"]:
        sqs.send_message(QueueUrl=url, MessageBody=record["body"])
"""


class Lateness(threading.Thread):
    """Measures until the context ends. A failure to measure is a very late message, and never an error."""

    def __init__(self, emulator: Emulator, every: float = _EVERY_SECONDS) -> None:
        super().__init__(name="lateness", daemon=True)
        self._emulator, self._every = emulator, every
        self._sqs = emulator.client("sqs")
        self._ended = threading.Event()
        self._sent_at: float | None = None
        self._worst = 0.0
        self._shares: deque[float] = deque(maxlen=_REMEMBERED)
        self.latest = 0.0
        self.busiest = 1.0

    def __enter__(self) -> Self:
        self._to, self._back = _install(self._emulator)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join(timeout=5)

    @property
    def worst(self) -> float:
        """Seconds that the slowest message took so far, one on its way included."""
        sent_at = self._sent_at
        return max(self._worst, time.monotonic() - sent_at if sent_at is not None else 0.0)

    @property
    def factor(self) -> float:
        """How many times slower than usual the machine has been at its worst; 1 where it was never slow."""
        return max(1.0, self.worst / USUAL_SECONDS, self.busiest / _OWN_SHARE)

    @property
    def too_slow(self) -> bool:
        return self.worst >= TOO_SLOW_SECONDS or self.busiest >= TOO_BUSY

    def stretched(self, seconds: float) -> float:
        """A limit that holds on a machine that is not slow, as long as this one takes."""
        return seconds * self.factor

    def run(self) -> None:
        number = 0
        while not self._ended.wait(self._every if number else 0):
            number += 1
            self._sent_at = time.monotonic()
            if self._arrives(str(number)):
                self.latest = time.monotonic() - self._sent_at
                self._worst = max(self._worst, self.latest)
            self._sent_at = None
            self._note_share(seconds_for_a_second())

    def _note_share(self, seconds: float) -> None:
        """``busiest``: how many seconds a second of a core's work takes, the worst median of some in a row."""
        self._shares.append(seconds)
        if len(self._shares) == _REMEMBERED:
            self.busiest = max(self.busiest, median(self._shares))

    def _arrives(self, token: str) -> bool:
        """Send a message and wait until it, and no older one, is back; False where it is time to end before that."""
        sent = False
        while not self._ended.is_set():
            try:
                if not sent:
                    self._sqs.send_message(QueueUrl=self._to, MessageBody=token)
                    sent = True
                if token in self._received():
                    return True
            except (ClientError, BotoCoreError):
                self._ended.wait(0.2)
        return False

    def _received(self) -> list[str]:
        answer = self._sqs.receive_message(QueueUrl=self._back, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        for message in messages:
            self._sqs.delete_message(QueueUrl=self._back, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in messages]


def seconds_for_a_second(work: float = _WORK_SECONDS) -> float:
    """Work for a moment, and say how long a second of a core's work takes just now; 1 where a core is free."""
    began, worked = time.perf_counter(), time.thread_time()
    while time.thread_time() - worked < work:
        pass
    return max(1.0, (time.perf_counter() - began) / work)


def _install(emulator: Emulator) -> tuple[str, str]:
    """Two queues with a function between them. Returns their URLs: where to send to, and where to receive."""
    sqs = emulator.client("sqs")
    to: str = sqs.create_queue(QueueName=_NAME)["QueueUrl"]
    back: str = sqs.create_queue(QueueName=f"{_NAME}-back")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=to, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    function = emulator.client("lambda")
    function.create_function(
        FunctionName=_NAME,
        Runtime="python3.13",
        Handler="echo.handler",
        Role=_role(emulator),
        Timeout=60,
        Code={"ZipFile": _zipped()},
    )
    function.create_event_source_mapping(FunctionName=_NAME, EventSourceArn=arn, BatchSize=1)
    return to, back


def _role(emulator: Emulator) -> str:
    iam = emulator.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role: str = iam.create_role(RoleName=_NAME, AssumeRolePolicyDocument=_document(trust))["Role"]["Arn"]
    queues = {"Effect": "Allow", "Action": "sqs:*", "Resource": f"arn:aws:sqs:*:*:{_NAME}*"}
    iam.put_role_policy(RoleName=_NAME, PolicyName="queues", PolicyDocument=_document(queues))
    return role


def _document(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("echo.py", _ECHO)
    return packed.getvalue()
