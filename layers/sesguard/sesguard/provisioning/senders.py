"""Keep on record for ingest who sends from which identity, and whose each configuration set is.

Taken from what is lined up, not from the registry's items: there it is settled whose a stream is that two tenants
claim, and a tenant whose item cannot be used keeps what it had.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from sesguard.errors import RecordError
from sesguard.provisioning.desired import IDENTITY, entry_of, last_applied_of
from sesguard.provisioning.ports import OnboardingRows, SendersRecord
from sesguard.provisioning.task import ProvisioningTask, TaskState
from sesguard.stream import StreamId
from sesguard.tenants.sender import RegisteredSender

_log = logging.getLogger(__name__)

_NOT_IN_FORCE: Final = frozenset({TaskState.FAILED, TaskState.LEFT})


class SendersInForce(NamedTuple):
    """identities: by identity, who sends from it. sets: the tenant of each configuration set."""

    identities: dict[str, RegisteredSender]
    sets: dict[str, str]


def keep_senders(rows: OnboardingRows, record: SendersRecord, home: StreamId) -> SendersInForce:
    """Read all that is lined up and put on record what it says of senders. Raises AwsError."""
    found = senders_in_force(rows.everything()[0], home)
    record.note_registry(home, found.identities, found.sets)
    return found


def senders_in_force(rows: Iterable[ProvisioningTask], home: StreamId) -> SendersInForce:
    """Who sends from which identity of the account and region ``home``.

    An identity that two tenants name is nobody's, as far as what stands in the way of one of them does not settle it:
    an outcome of its mail is then held against the set that it names, as of any identity that is not registered.
    """
    found = SendersInForce({}, {})
    contested: set[str] = set()
    for row in sorted(rows, key=lambda row: (row.state in _NOT_IN_FORCE, row.key)):
        stream = _stream_of(row) or home
        if not stream.attributed or stream[:2] != home[:2]:
            continue
        found.sets[stream.configuration_set] = row.tenant
        if row.state is TaskState.LEFT:
            continue
        sender = RegisteredSender(row.tenant, stream.configuration_set)
        for identity in _identities(row):
            if row.state is TaskState.FAILED and not _had(row, identity):
                continue  # whoever names what he does not get takes nobody's outcomes
            first = found.identities.setdefault(identity, sender)
            if first.tenant != sender.tenant and row.state is not TaskState.FAILED:
                contested.add(identity)
    for identity in contested:
        del found.identities[identity]
    return found


def _stream_of(row: ProvisioningTask) -> StreamId | None:
    """The stream that it is of; None for a pool or an identity, for what is to go, and a key that names none."""
    if not row.wanted or row.key.startswith("@"):
        return None
    try:
        return StreamId.parse(row.key)
    except ValueError as error:
        _log.error("OnboardingTable: %s", error)
        return None


def _had(row: ProvisioningTask, identity: str) -> bool:
    """Whether SES was made so before, for the same tenant, or the guard is at it."""
    try:
        was = last_applied_of(row.was)
    except RecordError:
        was = None
    before = was.entry.identities if was is not None and was.tenant == row.tenant else ()
    made = (key.removeprefix(IDENTITY) for key in row.made if key.startswith(IDENTITY))
    return identity in {name.lower() for name in (*before, *made)}


def _identities(row: ProvisioningTask) -> Iterable[str]:
    """Its identities, as they stand in events; none where what is lined up cannot be read, which its worker reports."""
    try:
        return [identity.lower() for identity in entry_of(row.wanted).identities]
    except msgspec.MsgspecError:
        return ()
