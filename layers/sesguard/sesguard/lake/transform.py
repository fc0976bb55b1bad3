"""Transforming a batch of Firehose: each record to a line of the lake, or set aside with its reason.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64Error
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sesguard.lake.flatten import Flattener
from sesguard.lake.record import LakeRecord, encode
from sesguard.ses_events.observation import Ignored

OK, DROPPED, FAILED = "Ok", "Dropped", "ProcessingFailed"


class Transformed(NamedTuple):
    """What became of a batch. records: the answer to Firehose, one for each that came, in its order.

    dropped: how many were no events, by reason. failed: how many cannot be read, by reason: Firehose writes those, as
    they came, below its error prefix.
    """

    records: list[dict[str, str]]
    dropped: Mapping[str, int]
    failed: Mapping[str, int]


def transform(records: Sequence[Mapping[str, Any]], flattener: Flattener) -> Transformed:
    """Make the answer to a batch. Never raises for what a record may hold."""
    dropped: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    answers: list[dict[str, str]] = []
    for record in records:
        data = record["data"]
        try:
            found = flattener.flatten(b64decode(data, validate=True))
        except NotBase64Error:
            failed["not_base64"] += 1
            answers.append({"recordId": record["recordId"], "result": FAILED, "data": data})
            continue
        if isinstance(found, LakeRecord):
            line = b64encode(encode(found) + b"\n").decode()
            answers.append({"recordId": record["recordId"], "result": OK, "data": line})
        elif isinstance(found, Ignored):
            dropped[found.reason] += 1
            answers.append({"recordId": record["recordId"], "result": DROPPED, "data": data})
        else:
            failed[found.reason] += 1
            answers.append({"recordId": record["recordId"], "result": FAILED, "data": data})
    return Transformed(answers, dropped, failed)
