"""Identities that the guard makes for its tenants: made, asked for their DNS records, and set up once SES finds those.

Nobody waits for a domain: it is a task of its own, and the stream that sends with it is set up without it until then.
What others made is never changed here: what the guard made carries its tag, and its role lets it change nothing else.
https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NoReturn

import msgspec

from sesguard.bus.events import iso
from sesguard.posture.announce import DomainsOf, Occasion, setup_event
from sesguard.posture.identity import SesIdentity
from sesguard.posture.owner import IdentityOwner
from sesguard.posture.publish import FIRST_DMARC, PublishRecord, dkim_records, mail_from_records
from sesguard.provisioning.desired import GUARD_TAG, Desired, DesiredDomain, arn, domain_of, owned, written
from sesguard.provisioning.job import Job
from sesguard.provisioning.problems import Later, ProvisioningProblem
from sesguard.provisioning.ses_ports import IdentityNow
from sesguard.provisioning.task import DOMAIN, ProvisioningTask, TaskState
from sesguard.stream import StreamId

READY: Final = "ready"
"""Noted of an identity once streams may send with it."""
_ASKED: Final = "asked:"  # for which records, and when
_LINED: Final = "lined:"  # the stream that has been set up with it
_REMINDED: Final = "reminded:"
_RESTARTED: Final = "restarted:"
_FAILED: Final = "FAILED"
REMIND_AFTER: Final = (timedelta(days=3), timedelta(days=14))
"""After the records were asked for: when both sides are told that they are still not there."""
RESTART_EVERY: Final = timedelta(days=1)
PATIENT_AFTER: Final = timedelta(days=3)
SELDOM: Final = timedelta(hours=6)
"""How often an identity is looked at whose records have been missing for PATIENT_AFTER; before, once an hour."""


def with_ready(job: Job, desired: Desired) -> Desired:
    """What the stream can be now: without identities that the guard makes and that are not verified yet."""
    waiting = {name for name in desired.entry.created if not _is_ready(job.deps.rows.load(f"{DOMAIN}{name}"))}
    if not waiting:
        return desired
    identities = tuple(name for name in desired.entry.identities if name not in waiting)
    return msgspec.structs.replace(desired, entry=msgspec.structs.replace(desired.entry, identities=identities))


def _is_ready(row: ProvisioningTask | None) -> bool:
    return row is not None and READY in row.made


def ensure_domain(job: Job, home: tuple[str, str]) -> None:
    """Bring the identity of a row as far as it can come now, or take it away.

    Raises ProvisioningProblem, Later while its records are missing, Stopped, AwsError or ConflictError.
    """
    if not job.row.wanted:
        _remove(job, home)
        return
    desired = domain_of(job.row.wanted)
    now = _read_or_make(job, desired)
    said = msgspec.structs.replace(now.said, region=home[1])
    job.row = replace(job.row, seen=written(said))
    where = StreamId(*home, desired.configuration_set)
    if not owned(now.tags, job.deps.stack):
        _use_anothers(job, desired, now, where)
        return
    _put_tags(job, desired, now, where)
    if not said.verified:
        _wait(job, desired, said, where)
    _set_up(job, desired, said, where)


def _read_or_make(job: Job, desired: DesiredDomain) -> IdentityNow:
    setup = job.deps.setup
    now = setup.read_identity(desired.name)
    if now is None:
        setup.create_identity(desired.name, {**desired.tags, GUARD_TAG: job.deps.stack})
        now = setup.read_identity(desired.name)
    if now is None:
        raise Later(why=f"SES does not show identity {desired.name} yet, which was just made")
    return now


def _use_anothers(job: Job, desired: DesiredDomain, now: IdentityNow, where: StreamId) -> None:
    """One that others made is the stream's as any other that the registry names; nothing of it is changed here."""
    job.note(READY)
    _line_stream(job, where)
    if desired.mail_from and now.said.mail_from != desired.mail_from:
        has = f"has {now.said.mail_from}" if now.said.mail_from else "has none"
        raise ProvisioningProblem(
            what=f"identity {desired.name} was not made by the guard, and its MAIL FROM domain, which {has}, is not "
            f"changed to {desired.mail_from}",
            remedy="set it in SES yourself, or leave create and mail_from out",
        )


def _put_tags(job: Job, desired: DesiredDomain, now: IdentityNow, where: StreamId) -> None:
    """For whom it is may have changed since it was made."""
    different = {key: value for key, value in desired.tags.items() if now.tags.get(key) != value}
    if different:
        job.deps.setup.tag(arn("identity", desired.name, where, job.deps.partition), different)


def _wait(job: Job, desired: DesiredDomain, said: SesIdentity, where: StreamId) -> NoReturn:
    """Ask for the records once, remind of them, and have SES go on looking. Raises Later."""
    records = records_of(said, desired.mail_from)
    asked_at = _ask(job, desired, records, where)
    waited = job.now - asked_at
    for days in REMIND_AFTER:
        if waited >= days:
            _remind(job, desired, records, where, days)
    if _FAILED in (said.verification, said.dkim_status):
        _restart(job, desired)
    raise Later(
        why=f"waits for the DNS records of {desired.name}: sesguard tenants show {job.row.tenant}",
        after=SELDOM if waited >= PATIENT_AFTER else timedelta(),
    )


def _ask(job: Job, desired: DesiredDomain, records: list[PublishRecord], where: StreamId) -> datetime:
    """Tell both sides which records to publish, once for the same ones; give when that was."""
    name = f"{_ASKED}{_digest(records)}="
    if asked := job.noted(name):
        return datetime.fromisoformat(asked[0])
    lines = [
        f"SES now knows {desired.name}, and sends for it as soon as it finds these records. Publish them in its DNS.",
        f'If _dmarc.{desired.name} has no TXT record yet, publish "{FIRST_DMARC}" there, too. Leave one that is there.',
    ]
    _tell(job, Occasion.TO_PUBLISH, lines, records, where, name)
    job.forget(*(thing for thing in job.row.made if thing.startswith((_ASKED, _REMINDED))))
    job.note(f"{name}{iso(job.now)}")
    return job.now


def _remind(job: Job, desired: DesiredDomain, records: list[PublishRecord], where: StreamId, after: timedelta) -> None:
    reminded = f"{_REMINDED}{after.days}"
    if reminded in job.row.made:
        return
    line = f"{desired.name} is still not verified after {after.days} days: SES does not find these records."
    _tell(job, Occasion.STILL_MISSING, [line], records, where, reminded)
    job.note(reminded)


def _restart(job: Job, desired: DesiredDomain) -> None:
    """SES gives up after 72 hours: have it begin again, at most once a day."""
    last = max(job.noted(_RESTARTED), default="")
    if last and job.now - datetime.fromisoformat(last) < RESTART_EVERY:
        return
    job.forget(*(thing for thing in job.row.made if thing.startswith(_RESTARTED)))
    job.note(f"{_RESTARTED}{iso(job.now)}")
    job.deps.setup.restart_dkim(desired.name)


def _set_up(job: Job, desired: DesiredDomain, said: SesIdentity, where: StreamId) -> None:
    """It is verified: give it its MAIL FROM domain, have its stream set up with it, and tell both sides."""
    if desired.mail_from and said.mail_from != desired.mail_from:
        job.deps.setup.put_mail_from(desired.name, desired.mail_from)
    news = READY not in job.row.made
    if news:
        lines = [f"{desired.name} is verified: SES signs for it and sends its mail."]
        _tell(job, Occasion.READY, lines, [], where, READY)
    job.note(READY)
    _line_stream(job, where)


def _line_stream(job: Job, where: StreamId) -> None:
    """Have the stream set up again, with this identity, once."""
    lined = f"{_LINED}{where.configuration_set}"
    if lined in job.row.made:
        return
    row = job.deps.rows.load(str(where))
    if row is not None and row.wanted and row.state is not TaskState.LEFT:
        again = replace(row, state=TaskState.WAITING, was="", problem="", tries=0, at=job.now, due=job.now)
        job.deps.rows.save(again)
    job.note(lined)


def _remove(job: Job, home: tuple[str, str]) -> None:
    """Delete the identity if the guard made it and nobody else has come to use it. What sends with it goes first."""
    setup, name = job.deps.setup, job.row.key.removeprefix(DOMAIN)
    now = setup.read_identity(name)
    if now is None or not owned(now.tags, job.deps.stack):
        return
    if now.default:
        row = job.deps.rows.load(str(StreamId(*home, now.default)))
        if row is None or row.wanted:
            return
        raise Later(why=f"stream {now.default}, which sends with identity {name}, goes first")
    setup.delete_identity(name)


def records_of(said: SesIdentity, mail_from: str) -> list[PublishRecord]:
    """The records of an identity with Easy DKIM, and of its MAIL FROM domain, "" for none."""
    named = msgspec.structs.replace(said, mail_from=mail_from)
    return [*dkim_records(said), *(mail_from_records(named) if mail_from else [])]


def _digest(records: list[PublishRecord]) -> str:
    text = "\n".join(record.bind() for record in records)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _tell(
    job: Job, occasion: Occasion, lines: list[str], records: list[PublishRecord], where: StreamId, key: str
) -> None:
    """Tell the tenant and the operator. Told before it is noted: a crash between the two tells under the same id."""
    name = job.row.key.removeprefix(DOMAIN)
    owner = IdentityOwner(job.row.tenant, (where.configuration_set,))
    of = DomainsOf(where.account, where.region, name, owner)
    job.deps.bus.publish([setup_event(of, occasion, lines, records, (key, iso(job.row.since)), job.now)])
