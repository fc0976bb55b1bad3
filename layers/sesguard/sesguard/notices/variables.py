"""What templates know: the variables of each kind of notice.

All text from outside is one printable line. Rates and chances are fractions, times are aware UTC; the filters of
:mod:`.templating` make words of them. The descriptions are what docs/notices.md and ``sesguard notices variables``
show.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from sesguard.notices.brand import Brand
from sesguard.notices.message import Tone
from sesguard.notices.states import NoticeState


class Stream(msgspec.Struct, frozen=True):
    """A stream of mail."""

    configuration_set: Annotated[str, Meta(description="its configuration set, by which it is called")]
    account: Annotated[str, Meta(description="the AWS account")]
    region: Annotated[str, Meta(description="the AWS region")]
    name: Annotated[str, Meta(description="account/region/configuration set")]


class TenantNamed(msgspec.Struct, frozen=True):
    """Whose stream it is."""

    id: Annotated[str, Meta(description='id in the registry, "" where the stream has no tenant')]
    name: Annotated[str, Meta(description="name in the registry, else the id")]


class Count(msgspec.Struct, frozen=True):
    """How often."""

    name: Annotated[str, Meta(description="a receiving domain or a status code")]
    count: Annotated[int, Meta(description="bounces or complaints")]


class PartOfRun(msgspec.Struct, frozen=True):
    """What a stream has of a run that is of several streams of its tenant's."""

    streams: Annotated[int, Meta(description="that were weighed together")]
    volume: Annotated[int, Meta(description="mails of the run that are this stream's own")]
    bad: Annotated[int, Meta(description="bad mails of the run that are this stream's own")]


class Run(msgspec.Struct, frozen=True):
    """The worst run of mail, on which a decision rests."""

    kind: Annotated[str, Meta(description="`bounces` or `complaints`")]
    rate: Annotated[float, Meta(description="bad mails per mail")]
    limit: Annotated[float, Meta(description="the policy's limit")]
    bad: Annotated[int, Meta(description="hard bounces or complaints")]
    volume: Annotated[int, Meta(description="mails of the run")]
    chance: Annotated[float, Meta(description="how likely such a run is, at most, for a sender just at the limit")]
    start: Annotated[datetime | None, Meta(description="when its first mail was sent")]
    end: Annotated[datetime | None, Meta(description="when its last mail was sent")]
    domains: Annotated[tuple[Count, ...], Meta(description="the worst receiving domains, at most 5")]
    codes: Annotated[tuple[Count, ...], Meta(description="the most frequent status codes, at most 5")]
    cause: Annotated[
        str,
        Meta(
            description="why most of it is refused: `address`, `authentication`, `policy`, `full`, `content` or "
            '`other`; "" where no cause holds for most'
        ),
    ]
    cause_share: Annotated[float, Meta(description="the share of that cause, of the bounces whose codes say anything")]
    forgiven: Annotated[int, Meta(description="bounces in clumps at single domains, which were not counted")]
    together: Annotated[
        PartOfRun | None, Meta(description="where the run is of several streams of the tenant's, this one's part of it")
    ] = None


class AlarmSeen(msgspec.Struct, frozen=True):
    """A CloudWatch alarm that is not the guard's own."""

    name: Annotated[str, Meta(description="its name")]
    reason: Annotated[str, Meta(description="its reason, as CloudWatch gives it")]


class LinkTo(msgspec.Struct, frozen=True):
    """Where the owner acknowledges."""

    url: Annotated[str, Meta(description="the page's URL, signed and expiring")]


class OfAny(msgspec.Struct, frozen=True, kw_only=True):
    """What every template knows."""

    state: Annotated[NoticeState, Meta(description="what the notice is about: the name of its template of words")]
    tone: Annotated[Tone, Meta(description="`bad`, `warn`, `good` or `info`")]
    audience: Annotated[str, Meta(description="`owner` or `operator`")]
    at: Annotated[datetime | None, Meta(description="when it happened")]
    brand: Annotated[Brand, Meta(description="the platform's brand.toml")]
    link: Annotated[
        LinkTo | None, Meta(description="the acknowledgement page, where the owner is asked for a word")
    ] = None


class OfStream(OfAny, frozen=True, kw_only=True):
    """What templates know of a transition of a stream."""

    stream: Annotated[Stream, Meta(description="the stream")]
    tenant: Annotated[TenantNamed, Meta(description="whose it is")]
    event: Annotated[str, Meta(description="the event on the guard's bus, such as `Tenant Paused`")]
    action: Annotated[
        str,
        Meta(description="`warn`, `calm`, `pause`, `await`, `resume`, `hold` or `recover`; what an observed one asks"),
    ]
    incident: Annotated[str, Meta(description="names the episode, from the first warning to the recovery")]
    reason: Annotated[str, Meta(description="why, a word of schemas/tenant-transition.json")]
    outcome: Annotated[str, Meta(description="what became of it, a word of the same")]
    before: Annotated[str, Meta(description='the status before, such as `probation`; "" where it is not known')]
    mode: Annotated[str, Meta(description="`enforce` or `observe`")]
    strikes: Annotated[int, Meta(description="automatic pauses that are remembered")]
    acknowledge: Annotated[bool, Meta(description="whether the owner has to say what was fixed")]
    resumes_after: Annotated[datetime | None, Meta(description="when it may come back, at the earliest")]
    run: Annotated[Run | None, Meta(description="the evidence in mail, where there is any")]
    alarm: Annotated[AlarmSeen | None, Meta(description="somebody's own alarm that asked for it")]
    elsewhere: Annotated[
        Stream | None, Meta(description="of a pause that follows one in another account or region: that stream")
    ] = None
    told: Annotated[str, Meta(description='who of the tenant is told, in words; "" to the owner')]


class RateOfAccount(msgspec.Struct, frozen=True):
    """One kind of rate of an account."""

    kind: Annotated[str, Meta(description="`bounces` or `complaints`")]
    rate: Annotated[float, Meta(description="by the guard's own counts")]
    going_on: Annotated[float, Meta(description="without the streams that are off already")]
    bad: Annotated[int, Meta(description="hard bounces or complaints")]
    at_risk: Annotated[float, Meta(description="from where the account is at risk")]
    review: Annotated[float, Meta(description="from where SES reviews it")]
    up: Annotated[bool, Meta(description="whether the notice is about this kind")]


class Contributor(msgspec.Struct, frozen=True):
    """A stream that weighs on its account."""

    configuration_set: Annotated[str, Meta(description='"" for mail without one')]
    tenant: Annotated[str, Meta(description="whose it is, by id")]
    volume: Annotated[int, Meta(description="its mails of the day")]
    bad: Annotated[tuple[Count, ...], Meta(description="of each kind that the notice is about, `bounces` first")]
    projected: Annotated[tuple[RateOfAccount, ...], Meta(description="the account's rates with this stream paused")]
    pausable: Annotated[bool, Meta(description="whether the guard can pause it")]
    pause: Annotated[bool, Meta(description="whether pausing it is what clears the account")]


class Identities(msgspec.Struct, frozen=True):
    """Identities without a default configuration set."""

    without_default_set: Annotated[tuple[str, ...], Meta(description="their names")]
    looked_at: Annotated[int, Meta(description="identities that were looked at")]
    of: Annotated[int, Meta(description="identities that may send")]
    more: Annotated[bool, Meta(description="whether there are more than were listed")]


class OfAccount(OfAny, frozen=True, kw_only=True):
    """What ``account_at_risk.words`` knows."""

    account: Annotated[str, Meta(description="the AWS account")]
    region: Annotated[str, Meta(description="the AWS region")]
    incident: Annotated[str, Meta(description="names the episode")]
    mode: Annotated[str, Meta(description="of the shield: `enforce` or `observe`")]
    hours: Annotated[int, Meta(description="the span that is counted, in hours")]
    volume: Annotated[int, Meta(description="mails of that span")]
    rates: Annotated[tuple[RateOfAccount, ...], Meta(description="both kinds")]
    alarms: Annotated[tuple[AlarmSeen, ...], Meta(description="alarms that are up")]
    contributors: Annotated[tuple[Contributor, ...], Meta(description="who weighs most, the worst first")]
    more_contributors: Annotated[int, Meta(description="how many are not named")]
    unattributed_volume: Annotated[int, Meta(description="mails without a configuration set that the guard saw")]
    unattributed_bounces: Annotated[int, Meta(description="of these, hard bounces")]
    unattributed_complaints: Annotated[int, Meta(description="of these, complaints")]
    identities: Annotated[Identities | None, Meta(description="absent where SES did not say")]


class OfGuard(OfAny, frozen=True, kw_only=True):
    """What ``operator_notice.words`` knows: something the guard says in its own words."""

    title: Annotated[str, Meta(description="what it is about")]
    lines: Annotated[tuple[str, ...], Meta(description="the text, line by line")]
    tenant: Annotated[TenantNamed, Meta(description="whose owner is told too; an empty id for nobody's")]
    told: Annotated[str, Meta(description='who of the tenant is told, in words; "" to the owner')] = ""


class DnsRecord(msgspec.Struct, frozen=True):
    """A DNS record to publish."""

    name: Annotated[str, Meta(description="its name")]
    type: Annotated[str, Meta(description="`CNAME`, `TXT` or `MX`")]
    value: Annotated[str, Meta(description="its value")]
    line: Annotated[str, Meta(description="its line in a zone file")]


class DomainProblem(msgspec.Struct, frozen=True):
    """One thing that is wrong with a domain."""

    code: Annotated[str, Meta(description="what it is, such as `dkim.missing`")]
    says: Annotated[str, Meta(description="the same in a sentence")]
    do: Annotated[str, Meta(description="what to do about it")]


class OfDomain(OfAny, frozen=True, kw_only=True):
    """What ``domain.words`` knows: something about a domain that mail is from."""

    domain: Annotated[str, Meta(description="the domain")]
    tenant: Annotated[TenantNamed, Meta(description="whose it is")]
    occasion: Annotated[
        str,
        Meta(
            description="`worse`, `better`, `refused`, `records_right`, `unanswered`, `to_publish`, `still_missing` or "
            "`ready`"
        ),
    ]
    lines: Annotated[tuple[str, ...], Meta(description="what happened, line by line")]
    problems: Annotated[tuple[DomainProblem, ...], Meta(description="what is wrong, the most urgent first")]
    todo: Annotated[tuple[str, ...], Meta(description="what to do about all of it")]
    records: Annotated[tuple[DnsRecord, ...], Meta(description="the DNS records to publish")]
    streams: Annotated[tuple[str, ...], Meta(description="configuration sets that send from it")]
    told: Annotated[str, Meta(description='who of the tenant is told, in words; "" to the owner')]


class Entry(msgspec.Struct, frozen=True):
    """One transition of a digest."""

    stream: Annotated[Stream, Meta(description="the stream")]
    tenant: Annotated[str, Meta(description='whose it is, by id; "" where it has no tenant')]
    at: Annotated[datetime, Meta(description="when")]
    outcome: Annotated[str, Meta(description="what became of it")]
    run: Annotated[Run | None, Meta(description="the evidence in mail, where there is any")]


class Group(msgspec.Struct, frozen=True):
    """The transitions of one state."""

    state: Annotated[NoticeState, Meta(description="which")]
    count: Annotated[int, Meta(description="how many")]
    entries: Annotated[tuple[Entry, ...], Meta(description="the worst of them")]
    more: Annotated[int, Meta(description="how many are not named")]


class OfDigest(OfAny, frozen=True, kw_only=True):
    """What ``digest.words`` knows: many transitions at once."""

    since: Annotated[datetime, Meta(description="when the first came")]
    total: Annotated[int, Meta(description="how many transitions")]
    streams: Annotated[int, Meta(description="of how many streams")]
    groups: Annotated[tuple[Group, ...], Meta(description="by state, the most serious first")]


View = OfStream | OfAccount | OfGuard | OfDigest | OfDomain
