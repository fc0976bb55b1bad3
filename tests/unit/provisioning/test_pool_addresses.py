"""Dedicated addresses: one is put into a pool, and no pool that streams send from is left without."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sesguard.provisioning.pool_addresses import Address, PoolError, PoolNow, assign

ONE, TWO, OTHER = "198.51.100.1", "198.51.100.2", "198.51.100.9"


class Ses:
    def __init__(self) -> None:
        self.places = {ONE: "main", TWO: "main", OTHER: "spare"}
        self.scaling = {"main": "standard", "spare": "standard", "big": "managed"}
        self.moves: list[tuple[str, str]] = []

    def pools(self) -> Sequence[PoolNow]:
        return [pool for name in self.scaling if (pool := self.pool(name)) is not None]

    def pool(self, name: str) -> PoolNow | None:
        if name not in self.scaling:
            return None
        held = tuple(Address(ip, name, "done", 100) for ip, pool in self.places.items() if pool == name)
        return PoolNow(name, self.scaling[name], held)

    def address(self, ip: str) -> Address | None:
        return Address(ip, self.places[ip], "in_progress", 40) if ip in self.places else None

    def move(self, ip: str, pool: str) -> None:
        self.moves.append((ip, pool))
        self.places[ip] = pool


def test_an_address_moves_and_its_pool_of_before_is_said() -> None:
    ses = Ses()
    assert assign(ses, OTHER, "main", ["main"]).pool == "spare"
    assert ses.moves == [(OTHER, "main")]


def test_one_that_is_there_already_is_left_as_it_is() -> None:
    ses = Ses()
    assert assign(ses, ONE, "main", ["main"]).pool == "main"
    assert ses.moves == []


@pytest.mark.parametrize(
    ("ip", "pool", "said"),
    [
        ("mail.example", "main", "is no IPv4 address"),
        ("198.51.100.77", "main", "has no dedicated address"),
        (ONE, "nowhere", "has no pool nowhere"),
        (ONE, "big", "is a managed pool"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_moved(ip: str, pool: str, said: str) -> None:
    ses = Ses()
    with pytest.raises(PoolError, match=said):
        assign(ses, ip, pool, [])
    assert ses.moves == []


def test_the_last_address_of_a_pool_that_streams_send_from_stays() -> None:
    ses = Ses()
    with pytest.raises(PoolError, match="the last address of spare"):
        assign(ses, OTHER, "main", ["spare"])
    assert assign(ses, ONE, "spare", ["main"]).pool == "main"  # main keeps another one
    with pytest.raises(PoolError, match="the last address of main"):
        assign(ses, TWO, "spare", ["main"])
