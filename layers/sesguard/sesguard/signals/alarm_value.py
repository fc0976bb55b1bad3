"""The three states of a CloudWatch alarm."""

from __future__ import annotations

from enum import StrEnum


class AlarmValue(StrEnum):
    ALARM = "ALARM"
    OK = "OK"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"
