"""The guard's mails, as the simulated SES has sent them: to read, and to open in a browser afterwards."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from localcloud.cloud import ACCOUNT, DATA

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
        if NOTICE_SENDER in message["Source"]
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
