"""What commands over several guards take on their command line, and finding those guards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from cyclopts import Group, Parameter

from sesguard.cli.connect import UsageError
from sesguard.cli.local_cloud import local_cloud_here
from sesguard.cli.options import RoleName, Where
from sesguard.errors import SesguardError, why_unread
from sesguard.members.address import ROLE, ByPlace, addresses_of, one_for_each_place, read_addresses
from sesguard.members.member import Member
from sesguard.text import one_line, read_whole
from sesguard.wiring.operator import Guard

if TYPE_CHECKING:
    from sesguard.cli.live.many_feed import ManyFeed
    from sesguard.wiring.central import Centre
    from sesguard.wiring.members import AwsMember

CENTRAL: Final = "sesguard-central"
_ACROSS: Final = Group("Over several accounts and regions (docs/accounts.md)", sort_key=90)


@Parameter(name="*", group=_ACROSS)
@dataclass(frozen=True, kw_only=True)
class Across:
    """Which guards. accounts: all that the centre knows; accounts_file: those of a file instead."""

    accounts: Annotated[bool, Parameter(negative="", help="over all guards that the centre knows")] = False
    accounts_file: Annotated[
        Path | None,
        Parameter(metavar="FILE", help="over those of a TOML file, which may name a profile or role of each"),
    ] = None
    role: RoleName = ROLE
    central: Annotated[
        str, Parameter(metavar="NAME", env_var="SESGUARD_CENTRAL", help="the centre's stack (sesguard-central)")
    ] = CENTRAL

    @property
    def several(self) -> bool:
        """Whether more than the one guard of ``Where`` is meant."""
        return self.accounts or self.accounts_file is not None


ONE: Final = Across()
"""Of one guard alone."""


class Guards(NamedTuple):
    """Several guards, none of them opened yet; refused: why others are left out, by name.

    caller: asks for the operator's own ARN. known: what the centre knows of each, by name; nothing of those of a file.
    """

    members: Sequence[AwsMember]
    refused: Mapping[str, str]
    caller: Callable[[], str]
    known: Mapping[str, Member]

    def guard(self, name: str) -> Guard:
        """Open one by its name. Raises SesguardError where it cannot be reached."""
        return next(member for member in self.members if member.name == name).guard()

    def each(self, work: Callable[[str, Guard], None]) -> dict[str, str]:
        """Do ``work`` with each guard and its name; give why others were left out: one that fails stops no other."""
        from sesguard.wiring.members import in_parallel

        unread = dict(self.refused)

        def attempt(member: AwsMember) -> None:
            try:
                work(member.name, member.guard())
            except SesguardError as error:
                unread[member.name] = str(error)

        in_parallel().each(attempt, self.members)
        return dict(sorted(unread.items()))


def open_centre(where: Where, central: str) -> Centre:
    """Find the centre. Raises LocalCloudError, ConfigurationError, StackError or AwsError."""
    from sesguard.wiring.central import find_centre

    if where.local:
        cloud = local_cloud_here()
        endpoint, region = where.endpoint_url or cloud.endpoint, where.region or cloud.region
        return find_centre(central, region=region, endpoint=endpoint, keys=cloud.keys)
    return find_centre(central, profile=where.profile, region=where.region, endpoint=where.endpoint_url)


def find_guards(where: Where, across: Across) -> Guards:
    """Find which guards there are. Raises UsageError, and what ``open_centre`` raises."""
    from sesguard.wiring.members import CallerIdentity, members_of

    known = _known(where, across)
    places = one_for_each_place(addresses_of(known)) if known is not None else _of_file(where, across)
    if not places.kept:
        message = f"the centre {across.central} has heard of no guard yet; --accounts-file FILE names them as well"
        raise UsageError(message)
    caller = CallerIdentity(where.profile or "", where.endpoint_url)
    if where.local:
        cloud = local_cloud_here()
        caller = CallerIdentity("", where.endpoint_url or cloud.endpoint, cloud.keys)
    members = members_of(places.kept, caller, across.role)
    by_name = {member.name: member for member in known or ()}
    return Guards(members, places.refused, lambda: caller.arn(where.region or ""), by_name)


def _known(where: Where, across: Across) -> list[Member] | None:
    """What the centre knows; None where a file is asked instead."""
    return open_centre(where, across.central).members.all() if across.accounts_file is None else None


def _of_file(where: Where, across: Across) -> ByPlace:
    file = across.accounts_file or Path()
    try:
        text = read_whole(file).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{one_line(str(file), 200)}: {one_line(why_unread(error), 200)}") from None
    return one_for_each_place(read_addresses(text, where.stack_name))


def many_feed(guards: Guards, *, read_only: bool = False) -> ManyFeed:
    """Make what a live view of several guards reads."""
    from sesguard.cli.live.many_feed import ManyFeed
    from sesguard.wiring.members import in_parallel

    return ManyFeed(guards.members, guards.caller, in_parallel(), refused=guards.refused, read_only=read_only)
