"""What several commands take on their command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from cyclopts import Group, Parameter, Token

T = TypeVar("T")


def converted(read: Callable[[str], T]) -> Callable[[Any, Sequence[Token]], T]:
    """Make a converter for cyclopts of a function that reads a text, or raises ValueError saying what was expected."""

    def convert(_: Any, tokens: Sequence[Token]) -> T:  # noqa: ANN401  # as cyclopts calls it
        return read(tokens[0].value)

    return convert


DASH: Final = "\x1f-"
"""What stands for a lone - in a command line: cyclopts takes that for an option without a name."""


def undashed(text: str) -> str:
    """Give what was typed."""
    return "-" if text == DASH else text


def _all_undashed(_: Any, tokens: Sequence[Token]) -> tuple[str, ...]:  # noqa: ANN401  # as cyclopts calls it
    return tuple(undashed(token.value) for token in tokens)


def many(name: str, text: str) -> Parameter:
    """Make the parameter of several words, of which - may be one."""
    return Parameter(name=name, help=text, converter=_all_undashed)


def one(name: str, text: str) -> Parameter:
    """Make the parameter of a word that may be -."""
    return Parameter(name=name, help=text, converter=converted(undashed))


StackName = Annotated[
    str, Parameter(name="--stack-name", metavar="NAME", env_var="SESGUARD_STACK", help="the guard's stack (sesguard)")
]
RoleName = Annotated[
    str,
    Parameter(name="--role", metavar="NAME", env_var="SESGUARD_ROLE", help="the role to take in each other account"),
]
LOCAL_HELP: Final = "the local cloud that make run has started"
_WHERE: Final = Group("Where the guard is (as for the AWS CLI)", sort_key=100)


@Parameter(name="*", group=_WHERE)
@dataclass(frozen=True, kw_only=True)
class Where:
    """Which guard, and by which credentials. local: the one that ``make run`` has started."""

    profile: Annotated[str | None, Parameter(metavar="NAME", help="credentials and region of that profile")] = None
    region: Annotated[str | None, Parameter(metavar="NAME", help="the region that the guard is deployed in")] = None
    stack_name: StackName = "sesguard"
    endpoint_url: Annotated[
        str | None, Parameter(metavar="URL", help="of what answers in AWS's place (AWS_ENDPOINT_URL)")
    ] = None
    local: Annotated[bool, Parameter(env_var="SESGUARD_LOCAL", help=LOCAL_HELP)] = False


HERE: Final = Where()

StreamName = Annotated[
    str,
    Parameter(name="STREAM", help="a configuration set; region/set or account/region/set where it is elsewhere"),
]
Json = Annotated[bool, Parameter(name="--json", help="one JSON document instead of text")]
Yes = Annotated[bool, Parameter(name="--yes", help="do not ask; needed where nobody can be asked")]
Reason = Annotated[
    str | None,
    Parameter(
        name="--reason",
        converter=converted(undashed),
        metavar="TEXT",
        allow_leading_hyphen=True,
        help="why, for the record; a terminal is asked for it",
    ),
]
