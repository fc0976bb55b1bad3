"""What the guard has told people: its mails, as the simulated SES has sent them, and what it published on a topic."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from localcloud.cloud import ACCOUNT, DATA, Emulator

NOTICE_SENDER: Final = "guard@sesguard.example"
FOLDER: Final = DATA / "mails"


@dataclass(frozen=True)
class GuardMail:
    """One mail to one address."""

    to: str
    subject: str
    text: str
    html: str


def mails_of_the_guard(endpoint: str) -> list[GuardMail]:
    """All that the guard has sent so far, oldest first."""
    url = f"{endpoint}/_ministack/ses/messages?account={ACCOUNT}"
    with urlopen(url, timeout=10) as answer:  # noqa: S310 (our own emulator)
        messages = json.load(answer)["messages"].get(ACCOUNT, [])
    return [
        GuardMail(recipient, message["Subject"], message["BodyText"], message["BodyHtml"])
        for message in messages
        if message["BodyHtml"]  # tenants and probes send text alone
        for recipient in message["To"]
    ]


def put_into_files(mails: Iterable[GuardMail], folder: Path = FOLDER) -> list[Path]:
    """Write each mail as a page to open, named by its order and its recipient; what an earlier run left goes first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    paths = []
    for number, mail in enumerate(mails, 1):
        path = folder / f"{number:02d}-{mail.to.partition('@')[2]}.html"
        path.write_text(mail.html, encoding="utf-8")
        paths.append(path)
    return paths


def mailbox_on(emulator: Emulator, topic: str, name: str = "operators-mailbox", *, raw: bool = True) -> str:
    """A queue beside a topic, to read what is told there. Returns its URL.

    raw: whether a message is the text alone, and not SNS's envelope, which has the subject, too.
    """
    _, _, _, region, account, _ = topic.split(":")
    sqs, sns = (emulator.client(service, account=account, region=region) for service in ("sqs", "sns"))
    arn = f"arn:aws:sqs:{region}:{account}:{name}"
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    url: str = sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
    delivery = {"RawMessageDelivery": "true" if raw else "false"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=delivery)
    return url


def received(emulator: Emulator, url: str) -> list[str]:
    """Take all messages that are in a queue by now: their bodies."""
    sqs = emulator.client("sqs")
    bodies: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            bodies.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies
