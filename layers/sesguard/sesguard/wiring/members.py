"""Wire the guards of many accounts and regions: each found by its stack, with a role or profile of its own."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple

from sesguard.aws.assumed_role import assume_role, session_name
from sesguard.aws.caller import account_of, read_caller
from sesguard.aws.clients import WORKERS, OperatorClients
from sesguard.aws.workers import Workers
from sesguard.errors import SesguardError
from sesguard.fleet.many import Opened
from sesguard.members.address import MemberAddress
from sesguard.stream import StreamId
from sesguard.wiring.arns import Place
from sesguard.wiring.fleet import GuardFleet
from sesguard.wiring.operator import Guard, find_guard

__all__ = ["AwsMember", "CallerIdentity", "PlaceError", "in_parallel", "members_of"]


class PlaceError(SesguardError):
    """Credentials are of another account than the one that they were to be for."""

    def __init__(self, wanted: str, found: str) -> None:
        super().__init__(f"the credentials are of account {found}, not {wanted}")


class CallerIdentity(NamedTuple):
    """By whose credentials guards are read. keys: in the place of what AWS's configuration says."""

    profile: str = ""
    endpoint: str | None = None
    keys: tuple[str, str] | None = None

    def clients(self, region: str, profile: str = "") -> OperatorClients:
        """Raises ConfigurationError."""
        return OperatorClients(profile or self.profile, region, self.endpoint, None if profile else self.keys)

    def arn(self, region: str) -> str:
        """Read the caller's ARN. Raises ConfigurationError or AwsError."""
        return read_caller(self.clients(region).make("sts"))


class AwsMember:
    """The port ``MemberGuard`` over AWS. It is opened once, by whoever needs it first; what failed is tried again."""

    def __init__(self, address: MemberAddress, caller: CallerIdentity, role: str) -> None:
        self.address = address
        self._caller, self._role = caller, role
        self._guard: Guard | None = None
        self._opened: Opened | None = None
        self._lock = Lock()

    @property
    def name(self) -> str:
        return self.address.name

    @property
    def home(self) -> StreamId:
        return self.address.home

    def guard(self) -> Guard:
        """Raises ConfigurationError, StackError, AwsError or PlaceError."""
        with self._lock:
            if self._guard is None:
                guard = find_guard(self._clients(), self.address.stack)
                if guard.stack.account != self.address.account:
                    raise PlaceError(self.address.account, guard.stack.account)
                self._guard = guard
            return self._guard

    def open(self) -> Opened:
        guard = self.guard()
        if self._opened is None:
            self._opened = Opened(GuardFleet(guard), guard.caller)
        return self._opened

    def _clients(self) -> OperatorClients:
        """Of the member's profile; else the caller's own in the caller's account, and elsewhere of the role."""
        address = self.address
        clients = self._caller.clients(address.region, address.profile)
        who = read_caller(clients.make("sts"))
        if address.profile or (account_of(who) == address.account and not address.role):
            return clients  # a profile can name a role itself
        role = _arn(address.role or self._role, address)
        session = assume_role(clients.session, role, session_name(who), clients.endpoint, clients.config)
        return OperatorClients.of_session(session, clients.endpoint)


def _arn(role: str, address: MemberAddress) -> str:
    partition = Place(address.stack, address.account, address.region).partition
    return role if role.startswith("arn:") else f"arn:{partition}:iam::{address.account}:role/{role.lstrip('/')}"


def members_of(addresses: Iterable[MemberAddress], caller: CallerIdentity, role: str) -> list[AwsMember]:
    """Make the guards, none of them opened yet."""
    return [AwsMember(address, caller, role) for address in addresses]


def in_parallel() -> Workers:
    """Make what reads several guards at once."""
    return Workers(WORKERS)
