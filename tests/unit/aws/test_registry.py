"""The registry's table and SES's listings: the in-memory twins and AWS's adapters behave alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sesguard.aws.dynamodb import attributes
from sesguard.aws.ses.calls import CallRate
from sesguard.aws.ses.inventory import SesListing
from sesguard.aws.tables import registry
from sesguard.aws.tables.registry import DynamoIdentityOwners, DynamoRegistry
from sesguard.errors import AwsError, ConflictError
from sesguard.tenants.inventory import SetSeen
from sesguard.tenants.ports import RegistryStore
from sesguard.tenants.stored import Stored
from tests.fakes.moto_tables import tables
from tests.fakes.registry import MemoryStore
from tests.fakes.registry_documents import a_tenant


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Iterator[RegistryStore]:
    if request.param == "memory":
        yield MemoryStore()
    else:
        with tables() as client:
            yield DynamoRegistry(client, "tenants")


def read(store: RegistryStore, item: str) -> Stored:
    found = store.find(item)
    assert found is not None
    return found


def test_what_is_put_is_found_by_itself_and_among_all(store):
    document = a_tenant(overrides={"chance": 1e-6}, adopt=True, suppression=[], name="Größe")
    store.put(document, None)
    assert read(store, "acme").document == document
    assert {item: each.document for item, each in store.all().items()} == {"acme": document}
    assert store.find("beta") is None


def test_what_is_there_already_is_not_put_over(store):
    store.put(a_tenant(), None)
    with pytest.raises(ConflictError):
        store.put(a_tenant(name="second"), None)
    assert read(store, "acme").document == a_tenant()


def test_an_item_is_replaced_as_long_as_it_is_as_it_was_read(store):
    store.put(a_tenant(), None)
    was = read(store, "acme")
    store.put(a_tenant(name="Acme"), was)
    with pytest.raises(ConflictError):
        store.put(a_tenant(name="Other"), was)
    assert read(store, "acme").document["name"] == "Acme"


@pytest.mark.parametrize(
    "theirs",
    [
        a_tenant(name="added"),
        a_tenant(contacts=None, channels=[]),
        a_tenant(contacts=["other@acme.example"]),
        a_tenant(streams=[{"configuration_set": "acme-news", "tls": "require"}]),
        a_tenant(streams=[]),
    ],
)
def test_whatever_somebody_else_changed_meanwhile_is_noticed(store, theirs):
    store.put(a_tenant(), None)
    was = read(store, "acme")
    store.put(theirs, was)
    with pytest.raises(ConflictError):
        store.put(a_tenant(name="mine"), was)
    with pytest.raises(ConflictError):
        store.remove(was)
    assert read(store, "acme").document == theirs


def test_an_item_is_removed_as_long_as_it_is_as_it_was_read(store):
    store.put(a_tenant(), None)
    was = read(store, "acme")
    store.remove(was)
    assert store.find("acme") is None
    with pytest.raises(ConflictError):
        store.remove(was)
    with pytest.raises(ConflictError):
        store.put(a_tenant(), was)


def test_an_item_that_code_put_with_sets_is_replaced_too():
    with tables() as client:
        client.put_item(TableName="tenants", Item={"id": {"S": "acme"}, "contacts": {"SS": ["a@b.example"]}})
        store = DynamoRegistry(client, "tenants")
        was = read(store, "acme")
        assert was.document == {"id": "acme", "contacts": ["a@b.example"]}
        store.put(a_tenant(), was)
        assert read(store, "acme").document == a_tenant()


def test_all_pages_are_read():
    with tables() as client:
        store = DynamoRegistry(client, "tenants")
        for number in range(4):  # a page ends at 1 MB
            store.put(a_tenant(id=f"t{number}", name="n" * 350_000), None)
        assert sorted(store.all()) == ["t0", "t1", "t2", "t3"]


def test_where_there_is_no_table_the_error_says_so():
    with tables() as client, pytest.raises(AwsError, match="Scan failed: ResourceNotFoundException"):
        DynamoRegistry(client, "others").all()


@pytest.mark.parametrize("call", ["get_item", "put_item", "delete_item"])
def test_a_failure_of_dynamodb_is_an_error_with_its_code(call):
    store = DynamoRegistry(Scripted(**{call: [_failure("AccessDeniedException")]}), "tenants")  # type: ignore[arg-type]  # as far as it is asked
    was = Stored(a_tenant(), attributes(a_tenant()))
    with pytest.raises(AwsError, match="failed: AccessDeniedException"):
        {
            "get_item": lambda: store.find("acme"),
            "put_item": lambda: store.put(a_tenant(), None),
            "delete_item": lambda: store.remove(was),
        }[call]()


# ---- SES


class Scripted:
    """A client that gives prepared answers, and remembers what it was asked."""

    def __init__(self, **answers: list[Any]) -> None:
        self._answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            self.calls.append((name, dict(request)))
            answer = self._answers[name].pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        call.__name__ = name
        return call


def _failure(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "Operation")


def a_listing(waits: list[float], **answers: list[Any]) -> tuple[SesListing, Scripted]:
    client = Scripted(**answers)
    now = [0.0]

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    return SesListing(client, CallRate(1.0, sleep=sleep, clock=lambda: now[0])), client  # type: ignore[arg-type]  # as above


def test_all_pages_of_what_ses_has_are_read_at_one_call_a_second():
    waits: list[float] = []
    listing, client = a_listing(
        waits,
        list_configuration_sets=[{"ConfigurationSets": ["a"], "NextToken": "t"}, {"ConfigurationSets": ["b"]}],
        list_email_identities=[
            {
                "EmailIdentities": [
                    {"IdentityName": "good.example", "VerificationStatus": "SUCCESS", "SendingEnabled": True},
                    {"IdentityName": "new.example", "VerificationStatus": "PENDING", "SendingEnabled": False},
                ]
            }
        ],
        list_dedicated_ip_pools=[{"DedicatedIpPools": ["main"]}],
    )
    inventory = listing.look(identities=True, pools=True)
    assert inventory.sets == {"a", "b"}
    assert inventory.identities == {"good.example": True, "new.example": False}
    assert inventory.pools == {"main"}
    assert len(client.calls) == 4
    assert waits == [1.0, 1.0, 1.0]


def test_what_is_not_asked_for_costs_no_call():
    listing, client = a_listing([], list_configuration_sets=[{"ConfigurationSets": []}])
    listing.look(identities=False, pools=False)
    assert [name for name, _ in client.calls] == ["list_configuration_sets"]


def test_sets_are_read_with_their_options_and_one_that_is_gone_is_left_out():
    options = {
        "DeliveryOptions": {"TlsPolicy": "REQUIRE", "SendingPoolName": "main"},
        "SuppressionOptions": {"SuppressedReasons": ["COMPLAINT", "BOUNCE"]},
        "Tags": [{"Key": "team", "Value": "a"}],
    }
    shared = {"DeliveryOptions": {"SendingPoolName": "ses-shared-pool"}}
    listing, _ = a_listing([], get_configuration_set=[options, _failure("NotFoundException"), shared, {}])
    assert list(listing.sets(["a", "gone", "shared", "bare"])) == [
        SetSeen("a", "main", "require", ("bounce", "complaint"), {"team": "a"}),
        SetSeen("shared", "shared", "optional", None, {}),
        SetSeen("bare", "", "optional", None, {}),
    ]


def test_identities_are_read_with_their_default_sets():
    listing, _ = a_listing([], get_email_identity=[{"ConfigurationSetName": "news"}, {}])
    assert list(listing.default_sets(["a.example", "b.example"])) == [("a.example", "news"), ("b.example", "")]


def test_a_pools_scaling_is_read():
    listing, _ = a_listing([], get_dedicated_ip_pool=[{"DedicatedIpPool": {"ScalingMode": "MANAGED"}}])
    assert listing.scaling("main") == "managed"


def test_a_failure_of_ses_names_the_operation():
    listing, _ = a_listing([], list_configuration_sets=[_failure("AccessDeniedException")])
    with pytest.raises(AwsError, match="ListConfigurationSets failed: AccessDeniedException"):
        listing.look(identities=False, pools=False)


def test_who_owns_identities_here_is_read_without_holding_the_tenants_of_other_accounts(monkeypatch):
    """One file may serve many accounts: 50,000 tenants would take most of posture's memory, of whom it needs a few."""
    held: list[set[str]] = []
    read = registry.registered

    def registered(documents, home):
        held.append(set(documents))
        return read(documents, home)

    monkeypatch.setattr(registry, "registered", registered)
    here, there = a_tenant(), a_tenant(id="beta", region="ap-south-1")
    with tables() as client:
        for document in (here, there, {"id": "@policy/strict", "overrides": {"chance": 1e-6}}):
            DynamoRegistry(client, "tenants").put(document, None)
        owners = DynamoIdentityOwners(client, "tenants", "111122223333", "us-east-1")
        assert set(owners.tenants().values()) == {"acme"}
    assert held == [{"acme", "@policy/strict"}]
