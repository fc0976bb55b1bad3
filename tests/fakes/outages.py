"""Mailbox providers in memory: mail by receiving domain, what is known of who refuses it, and what is set aside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sesguard.detection.columns import SENT
from sesguard.detection.history import History
from sesguard.detection.outage import ProviderRecord, SetAside
from sesguard.detection.outage_rule import OutageRule
from sesguard.detection.providers import provider_of
from sesguard.pausing.refused import Refused
from sesguard.policy import Policy
from sesguard.stream import StreamId
from tests.fakes.clock import minute_of
from tests.fakes.world import Hook, no_hook

RULE = OutageRule()


class MemoryOutages:
    """The ports Refusals and Outages."""

    def __init__(self) -> None:
        self.hits: list[tuple[datetime, Refused]] = []
        self.known: dict[str, ProviderRecord] = {}
        self.aside: dict[StreamId, dict[tuple[str, int], SetAside]] = {}
        self.hook: Hook = no_hook

    def note(self, refused: Refused, now: datetime) -> bool:
        self.hook("note_refused")
        self.hits.append((now, refused))
        owners = {it.owner for it in self.refused(now) if it.provider == refused.provider}
        record = self.known.get(refused.provider)
        return len(owners) >= RULE.suspect_hits or (record is not None and record.failure is not None)

    def refused(self, now: datetime) -> Sequence[Refused]:
        return [it for at, it in self.hits if now - at <= timedelta(minutes=RULE.slot * RULE.window)]

    def records(self) -> Mapping[str, ProviderRecord]:
        return dict(self.known)

    def keep(self, provider: str, record: ProviderRecord, now: datetime) -> None:
        self.hook("keep_provider")
        self.known[provider] = record

    def set_aside(self, stream: StreamId, found: Iterable[SetAside]) -> None:
        self.hook("set_aside")
        self.aside.setdefault(stream, {}).update({(it.provider, it.start): it for it in found})


class ProviderCounts:
    """The port Counts: mail by receiving domain, of which a sample says where it goes."""

    def __init__(self, outages: MemoryOutages) -> None:
        self.mail: dict[StreamId, list[tuple[int, str, int, int]]] = {}
        self.reads = 0
        self.code = "5.3.0"
        self._outages = outages

    def sent(self, stream: StreamId, at: datetime, domain: str, mails: int, bounces: int = 0) -> None:
        self.mail.setdefault(stream, []).append((minute_of(at), domain, mails, bounces))

    def history(
        self, stream: StreamId, now: datetime, since: datetime | None, policy: Policy, *, names: bool = True
    ) -> History:
        self.reads += 1
        history, until = History.under(policy, minute_of(since) if since else 0), minute_of(now)
        for minute, domain, mails, bounces in self.mail.get(stream, ()):
            if minute <= until:
                history.add(minute, SENT, mails)
                provider = provider_of(domain)
                history.add_to_provider(provider, mails)
                if bounces and provider:
                    history.add_bounces(minute, bounces, domain)
                else:
                    for number in range(bounces):
                        history.add_bounces(minute, 1, f"{number}.{domain}")
                if bounces:
                    history.codes.add(minute, self.code, bounces)
        history.prune(until)
        if names:
            for each in self._outages.aside.get(stream, {}).values():
                history.set_aside_slot(each.start, RULE.slot, each.mails, each.bounces)
        return history

    def tenants_mail(self, stream: StreamId, tenant: str, now: datetime) -> int:
        return 0
