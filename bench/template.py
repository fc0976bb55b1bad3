"""What the deployed stack is made of, by its template."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

TEMPLATE: Final = Path(__file__).resolve().parents[1] / "template.yaml"


def resources() -> Counter[str]:
    """How many resources of each type the template makes, without conditions."""
    found = Counter(re.findall(r"^ *Type: (\S+)$", TEMPLATE.read_text(encoding="utf-8"), re.MULTILINE))
    found["AWS::Lambda::EventSourceMapping"] += found["SQS"] + found["DynamoDB"]
    return found
