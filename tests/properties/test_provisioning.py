"""Whatever happens on the way, when all is calm SES is what the registry says, and what others made is as it was.

Tenants come, change, swap streams and leave; events come late, twice and in any order; the process dies before or after
any call, to SES, to the tables or to CloudWatch; SES refuses calls; pauses are waited for; and somebody pauses a stream
in between. SES lets one call a second through and the test knows of every call.
"""

from __future__ import annotations

import itertools
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sesguard.errors import SesguardError
from sesguard.provisioning.task import TaskState
from tests.examples import examples
from tests.fakes.onboarding import HOME, STACK, TOPIC, Platform
from tests.fakes.ses import arn

TENANTS = ["acme", "shop"]
SETS = ["one", "two", "three"]
IDENTITIES = ["a.example", "b.example"]
MADE = [
    {"name": "made.example", "create": True},
    {"name": "made.example", "create": True, "mail_from": "bounce.made.example"},
    {"name": "also.example", "create": True},
]
"""Identities that the guard is to make."""
POOLS = ["main"]
FOREIGN_SET, FOREIGN_IDENTITY, FOREIGN_TENANT = "theirs", "theirs.example", "theirs"


class DeathError(BaseException):
    """The process is gone: nothing may handle it."""


streams = st.fixed_dictionaries(
    {},
    optional={
        "tls": st.sampled_from(["require", "optional"]),
        "pool": st.sampled_from(["shared", *POOLS]),
        "suppression": st.sampled_from([["bounce"], ["bounce", "complaint"]]),
        "events": st.sampled_from([["send", "bounce", "complaint"], ["send", "delivery", "bounce", "complaint"]]),
        "ses_tenant": st.sampled_from(["t1", "t2"]),
        "alarm": st.sampled_from(["always", "on_demand"]),
        "tags": st.sampled_from([{}, {"cost-centre": "1"}, {"cost-centre": "2", "team": "x"}]),
    },
)


def named(identity: Any) -> str:
    return identity if isinstance(identity, str) else str(identity["name"])


class Registry(RuleBasedStateMachine):
    """One guard, whose registry changes."""

    def __init__(self) -> None:
        super().__init__()
        self.platform = Platform()
        ses = self.platform.ses
        for name in IDENTITIES:
            ses.add_identity(name)
        ses.add_pool("main", tags={"sesguard": STACK})
        ses.add_set(FOREIGN_SET, tags={"team": "web"}, DeliveryOptions={"TlsPolicy": "REQUIRE"})
        ses.add_identity(FOREIGN_IDENTITY, default=FOREIGN_SET, tags={"team": "web"})
        ses.add_tenant(FOREIGN_TENANT, {"team": "web"})
        ses.tenants[FOREIGN_TENANT]["resources"].add(arn("identity", "a.example"))
        self.foreign = self._foreign()
        self.events: list[str] = []

    @rule(data=st.data(), tenant=st.sampled_from(TENANTS), die_at=st.integers(0, 60))
    def put_and_die_in_the_work_on_it(self, data: Any, tenant: str, die_at: int) -> None:
        self.put(data, tenant)
        self.platform.register(tenant)
        self._survives(die_at, self.platform.work)

    @rule(data=st.data(), tenant=st.sampled_from(TENANTS))
    def put(self, data: Any, tenant: str) -> None:
        """Streams that no other tenant has; each identity at one of them."""
        taken = {each["configuration_set"] for each in self._wanted(except_for=tenant)}
        identities = {named(it) for each in self._wanted(except_for=tenant) for it in each.get("identities", ())}
        free = [name for name in SETS if name not in taken]
        names = data.draw(st.lists(st.sampled_from(free), unique=True)) if free else []
        wanted = []
        for name in names:
            mine = data.draw(st.lists(st.sampled_from([*IDENTITIES, *MADE]), unique_by=named))
            mine = [identity for identity in mine if named(identity) not in identities]
            identities |= set(map(named, mine))
            drawn = data.draw(streams)
            if "ses_tenant" in drawn:  # an SES tenant is one tenant's own
                drawn["ses_tenant"] = f"{tenant}-{drawn['ses_tenant']}"
            wanted.append({"configuration_set": name, "identities": mine, **drawn})
        item = {"id": tenant, "contacts": [f"owner@{tenant}.example"], "streams": wanted}
        self.platform.items.stored[tenant] = item
        self.events.append(tenant)

    @rule(tenant=st.sampled_from(TENANTS), what=st.sampled_from([FOREIGN_SET, "identity", "tenant"]))
    def want_what_is_others(self, tenant: str, what: str) -> None:
        name = f"{tenant}-greedy"
        stream: dict[str, Any] = {"configuration_set": FOREIGN_SET if what == FOREIGN_SET else name}
        if what == "identity":
            stream["identities"] = [FOREIGN_IDENTITY]
        if what == "tenant":
            stream["ses_tenant"] = FOREIGN_TENANT
        self.platform.items.stored[tenant] = {"id": tenant, "contacts": ["o@x.example"], "streams": [stream]}
        self.events.append(tenant)

    @rule(tenant=st.sampled_from(TENANTS))
    def leave(self, tenant: str) -> None:
        self.platform.items.stored.pop(tenant, None)
        self.events.append(tenant)

    @rule(data=st.data(), die_at=st.none() | st.integers(0, 40))
    def deliver(self, data: Any, die_at: int | None) -> None:
        """An event, in any order; one whose taking failed stays."""
        if not self.events:
            return
        name = data.draw(st.sampled_from(sorted(set(self.events))))
        if self._survives(die_at, lambda: self.platform.register(name)):
            self.events.remove(name)

    @rule(
        die_at=st.none() | st.integers(0, 120),
        throttled=st.integers(0, 3),
        calls=st.integers(1, 40),
        waiting=st.integers(0, 5),
    )
    def work(self, die_at: int | None, throttled: int, calls: int, waiting: int) -> None:
        ses = self.platform.ses
        ses.throttled, self.platform.waiting = throttled, waiting
        last = len(ses.calls) + calls
        self._survives(die_at, lambda: self.platform.work(lambda: len(ses.calls) < last))

    @rule(seconds=st.sampled_from([1, 60, 3_600]))
    def time_goes_by(self, seconds: int) -> None:
        self.platform.ses.sleep(seconds)

    @rule(name=st.sampled_from(SETS))
    def somebody_turns_a_stream_off(self, name: str) -> None:
        if name in self.platform.ses.sets:
            self.platform.ses.sets[name]["SendingOptions"] = {"SendingEnabled": False}
            stream = HOME._replace(configuration_set=name)
            record = self.platform.streams.load(stream)
            self.platform.streams.save(replace(record, turned_off=True))

    @rule(name=st.sampled_from(["made.example", "also.example"]), gives_up=st.booleans())
    def ses_finds_records_or_gives_up(self, name: str, *, gives_up: bool) -> None:
        if name in self.platform.ses.identities:
            (self.platform.ses.give_up if gives_up else self.platform.ses.verify)(name)

    @invariant()
    def what_others_made_is_as_it_was(self) -> None:
        assert self._foreign() == self.foreign

    @invariant()
    def no_call_comes_within_a_second(self) -> None:
        assert self.platform.ses.too_early == []

    def teardown(self) -> None:
        """All is calm: every event arrives, nothing fails, and time goes by."""
        platform = self.platform
        platform.hook_all(lambda _: None)
        platform.ses.throttled = platform.waiting = 0
        for name in [*self.events, *TENANTS]:
            platform.register(name)
        platform.settle()
        for name in TENANTS:  # what failed for the sake of something that has left meanwhile
            platform.register(name)
        platform.settle()
        for name in platform.ses.identities.keys() & set(map(named, MADE)):
            platform.ses.verify(name)
        for _ in range(8):  # hours: those are looked at every six, in the end
            platform.ses.sleep(3_600)
            platform.work()
        platform.settle()
        self.what_others_made_is_as_it_was()
        self.no_call_comes_within_a_second()
        self._ses_is_what_the_registry_says()

    def _ses_is_what_the_registry_says(self) -> None:
        ses = self.platform.ses
        wanted = {each["configuration_set"]: (tenant, each) for tenant, each in self._tenants_streams()}
        greedy = {name for name in wanted if name.endswith("-greedy") or name == FOREIGN_SET}
        failed = {
            row.key.rpartition("/")[2] for row in self.platform.rows.stored.values() if row.state is TaskState.FAILED
        }
        assert failed == greedy
        assert {name for name in ses.sets if name in SETS} == wanted.keys() - greedy
        tenants: dict[str, set[str]] = {}
        for name, (tenant, each) in wanted.items():
            if name in greedy:
                continue
            found = ses.sets[name]
            pool = each.get("pool", "shared")
            delivery = {"TlsPolicy": each.get("tls", "optional").upper(), "SendingPoolName": pool}
            assert found["DeliveryOptions"] == delivery | (
                {"SendingPoolName": "ses-shared-pool"} if pool == "shared" else {}
            )
            assert found["ReputationOptions"] == {"ReputationMetricsEnabled": True}
            reasons = {reason.upper() for reason in each.get("suppression", ())}
            assert set(found.get("SuppressionOptions", {}).get("SuppressedReasons", ())) == reasons
            destination = found["events"]["sesguard"]
            assert destination["SnsDestination"] == {"TopicArn": TOPIC}
            assert set(destination["MatchingEventTypes"]) == {
                event.upper() for event in each.get("events", ["send", "bounce", "complaint"])
            }
            tags = {**each.get("tags", {}), "sesguard": STACK, "tenant": tenant}
            assert ses.tags[arn("configuration-set", name)].items() >= tags.items()
            for identity in each.get("identities", ()):
                assert ses.identities[named(identity)]["ConfigurationSetName"] == name
                if identity in MADE:
                    self._is_set_up(identity, tenant)
            if each.get("ses_tenant"):
                identities = map(named, each.get("identities", ()))
                mine = [arn("configuration-set", name), *(arn("identity", it) for it in identities)]
                tenants.setdefault(each["ses_tenant"], set()).update(mine)
            stream = HOME._replace(configuration_set=name)
            assert (stream in self.platform.alarms.alarms) >= (each.get("alarm") == "always")
        held = {
            named(it) for name, (_, each) in wanted.items() if name not in greedy for it in each.get("identities", ())
        }
        for identity in set(IDENTITIES) - held:
            assert ses.identities[identity] == {}
        assert set(map(named, MADE)) & ses.identities.keys() == set(map(named, MADE)) & held
        assert {name: it["resources"] for name, it in ses.tenants.items() if name != FOREIGN_TENANT} == tenants

    def _is_set_up(self, identity: Any, tenant: str) -> None:
        found, tags = self.platform.ses.identities[identity["name"]], {"sesguard": STACK, "tenant": tenant}
        assert self.platform.ses.tags[arn("identity", identity["name"])].items() >= tags.items()
        if "mail_from" in identity:
            assert found["MailFromAttributes"]["MailFromDomain"] == identity["mail_from"]
        told = [it["detail"] for it in self.platform.bus.told.values() if it["detail"]["domain"] == identity["name"]]
        assert {"ready"} <= {it["occasion"] for it in told if it["tenant"] == tenant}

    def _foreign(self) -> object:
        ses = self.platform.ses
        tags = [arn("configuration-set", FOREIGN_SET), arn("identity", FOREIGN_IDENTITY)]
        tags += [ses.tenants[FOREIGN_TENANT]["TenantArn"], *(arn("identity", name) for name in IDENTITIES)]
        return deepcopy(
            (
                ses.sets[FOREIGN_SET],
                ses.identities[FOREIGN_IDENTITY],
                ses.tenants[FOREIGN_TENANT],
                [ses.tags[each] for each in tags],
                ses.pools["main"],
            )
        )

    def _tenants_streams(self) -> list[tuple[str, dict[str, Any]]]:
        return [(name, each) for name, item in self.platform.items.stored.items() for each in item["streams"]]

    def _wanted(self, except_for: str) -> list[dict[str, Any]]:
        return [each for tenant, each in self._tenants_streams() if tenant != except_for]

    def _survives(self, die_at: int | None, do: Any) -> bool:
        count = itertools.count()

        def happen(_: str) -> None:
            if next(count) == die_at:
                raise DeathError

        self.platform.hook_all(happen)
        try:
            with suppress(SesguardError):
                do()
                return True
        except DeathError:
            pass
        finally:
            self.platform.hook_all(lambda _: None)
        return False


TestRegistry = Registry.TestCase
TestRegistry.settings = settings(
    max_examples=examples(150), stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
