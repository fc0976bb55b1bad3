"""What a decision rests on, as its event and the journal hold it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from sesguard.bus.fields import Amount, Fraction, Minute, Named, Weight, described


class DriftSeen(msgspec.Struct, frozen=True):
    """How a stream has left its own normal: bounce rates as fractions, now and in the weeks before."""

    rate: float = 0.0
    normal: float = 0.0
    days: int = 0
    evidence: float = 0.0


class UnknownVolume(msgspec.Struct, frozen=True):
    """Outcomes of mail of which no Send or Delivery event was published."""

    bounces: int = 0
    complaints: int = 0
    left_out: Annotated[int, described("those that do not weigh")] = 0
    publishes: Annotated[bool, described("whether any volume of the stream is published")] = False
    start: str = msgspec.field(default="", name="from")
    end: str = msgspec.field(default="", name="to")
    lasting: bool = False


class PartOfTenant(msgspec.Struct, frozen=True):
    """What a stream has of a run that is of several streams of its tenant's."""

    streams: Annotated[int, described("that were weighed together")] = 0
    volume: Annotated[int, described("mails of the run that are this stream's own")] = 0
    bad: Annotated[int, described("bad outcomes of the run that are this stream's own")] = 0


class PauseThere(msgspec.Struct, frozen=True):
    """A pause of the same tenant in another account or region."""

    account: str = ""
    region: str = ""
    configuration_set: str = ""
    reason: str = ""
    at: str = ""


_ALARM: Final = {
    "additionalProperties": False,
    "required": ["name", "own", "reason"],
    "properties": {
        "name": {"type": "string", "maxLength": 255},
        "own": {"type": "boolean", "description": "whether the alarm is on the guard's own metrics"},
        "reason": {"type": "string", "maxLength": 300},
    },
}


class Evidence(msgspec.Struct, frozen=True):
    """What the decision rests on. Names no person. Empty where no mail was weighed."""

    risk: Annotated[float, described("1 is enough to pause", minimum=0)] = 0.0
    weighed: Annotated[float, described("mails that weigh", minimum=0)] = 0.0
    kind: str = ""
    rule: Annotated[str, described("by which rule the run was found")] = ""
    volume: Amount = 0
    bad: Amount = 0
    rate: Annotated[Fraction, described("bad outcomes per mail")] = 0.0
    rate_of_reporting: Annotated[
        Fraction,
        described("bad outcomes per mail to providers that send complaints back, as SES takes the complaint rate"),
    ] = 0.0
    limit: Annotated[Fraction, described("the policy's limit")] = 0.0
    credit: Weight = 0.0
    evidence: Weight = 0.0
    bound: Annotated[Weight, described("the evidence that makes risk 1")] = 0.0
    chance: Annotated[Fraction, described("how likely such a run is, at most, for a sender just at the limit")] = 1.0
    mature: Annotated[Amount, described("of the volume, that of which complaints can have come already")] = 0
    start: Minute = msgspec.field(default="", name="from")
    end: Minute = msgspec.field(default="", name="to")
    domains: Annotated[tuple[Named, ...], described("at which domains, the worst first", maxItems=5)] = ()
    codes: Annotated[tuple[Named, ...], described("enhanced status codes, the most frequent first", maxItems=5)] = ()
    cause: (
        Annotated[
            str, described("why most of it is refused, by families of status codes; null where no cause holds for most")
        ]
        | None
    ) = None
    causes: Annotated[tuple[Named, ...], described("bounces by what their status codes say", maxItems=6)] = ()
    drift: DriftSeen | None = None
    forgiven: Annotated[Amount, described("bounces in clumps at one domain, which do not weigh")] = 0
    set_aside: Annotated[Amount, described("bounces of a failing mailbox provider, which do not weigh")] = 0
    volume_by: str = ""
    reporting_share: Annotated[
        Fraction, described("share of the stream's mail to providers that send complaints back, by a sample")
    ] = 1.0
    aside: Annotated[
        Amount,
        described(
            "outcomes that are counted and held against nobody: at domains verified in the account, or of mail sent "
            "from another tenant's identity"
        ),
    ] = 0
    unknown_volume: UnknownVolume | None = None
    together: PartOfTenant | None = None
    elsewhere: PauseThere | None = None
    sentence: str = ""
    alarm: Annotated[dict[str, Any], described(**_ALARM)] = {}  # msgspec copies an empty default for each instance

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Evidence:
        """Take what is evidence of ``data`` as it is: nothing that a decision rests on may keep its event back."""
        return cls(**{_FIELDS[name]: value for name, value in data.items() if name in _FIELDS})


_FIELDS: Final = {field.encode_name: field.name for field in msgspec.structs.fields(Evidence)}
