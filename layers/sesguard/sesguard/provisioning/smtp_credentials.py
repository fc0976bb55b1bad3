"""Making, changing and taking away a stream's SMTP credentials: never those of somebody else, and nothing half done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from sesguard.errors import SesguardError
from sesguard.provisioning.smtp import (
    LONGEST_POLICY,
    key_of,
    marks,
    policy_length,
    secret_name,
    secret_text,
    sending_policy,
    user_name,
)
from sesguard.stream import StreamId
from sesguard.tenants.model import StreamEntry


class SmtpError(SesguardError):
    """It cannot be done; the message says why, and what to do."""


class AccessKey(NamedTuple):
    """secret: only where it was made just now."""

    id: str
    secret: str = ""

    def __repr__(self) -> str:
        return f"AccessKey({self.id!r})"  # the secret stands in no log and no traceback


class SmtpUsers(Protocol):
    """IAM's users, and Secrets Manager's secrets. Methods raise AwsError."""

    def tags_of_user(self, user: str) -> Mapping[str, str] | None:
        """Read a user's tags; None where there is none."""
        ...

    def make_user(self, user: str, tags: Mapping[str, str]) -> None:
        """Make it."""
        ...

    def put_policy(self, user: str, document: Mapping[str, Any]) -> None:
        """Let it do what ``document`` says, and nothing else."""
        ...

    def keys(self, user: str) -> Sequence[AccessKey]:
        """List its access keys, the oldest first."""
        ...

    def make_key(self, user: str) -> AccessKey:
        """Make one more."""
        ...

    def delete_key(self, user: str, key: str) -> None:
        """Delete one."""
        ...

    def delete_user(self, user: str) -> None:
        """Delete it, with its policy; it has no keys any more."""
        ...

    def tags_of_secret(self, name: str) -> Mapping[str, str] | None:
        """Read a secret's tags; None where there is none."""
        ...

    def read_secret(self, name: str) -> str:
        """Read it; "" where it has no value."""
        ...

    def put_secret(self, name: str, text: str, tags: Mapping[str, str], *, new: bool) -> None:
        """Keep ``text``."""
        ...

    def delete_secret(self, name: str) -> None:
        """Delete it for good."""
        ...


@dataclass(frozen=True, slots=True)
class Made:
    """Credentials that were made just now: shown once. text: JSON, as it is kept. old: keys that still work."""

    secret: str
    text: str
    old: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Made({self.secret!r})"


@dataclass(frozen=True, slots=True)
class SmtpCredentials:
    """Those of one stream. partition: of its region. stack: the guard's, which marks what it makes."""

    users: SmtpUsers
    stack: str
    partition: str

    def create(self, entry: StreamEntry) -> Made:
        """Make them. Raises SmtpError where there are some, or somebody else's are in the way; AwsError."""
        policy = self._policy(entry)
        user, tags = user_name(entry.stream), marks(self.stack, entry.stream)
        known = self._own_user(entry.stream)
        kept = self._own_secret(entry.stream)
        if known and self.users.keys(user):  # of which somebody may send, whatever became of the secret
            message = f"{entry.stream} has SMTP credentials ({secret_name(entry.stream)}): use rotate"
            raise SmtpError(message)
        if not known:
            self.users.make_user(user, tags)
        self.users.put_policy(user, policy)
        return self._new_key(entry.stream, new=not kept)

    def rotate(self, entry: StreamEntry) -> Made:
        """Make a new password; the old one works until :meth:`finish`. Raises SmtpError, AwsError."""
        user, policy = user_name(entry.stream), self._policy(entry)
        self._need(entry.stream)
        keys = self.users.keys(user)
        if len(keys) > 1:
            raise SmtpError("two passwords work already: once nobody uses the old one, rotate --finish")
        self.users.put_policy(user, policy)
        made = self._new_key(entry.stream, new=not self._own_secret(entry.stream))
        return Made(made.secret, made.text, tuple(key.id for key in keys))

    def finish(self, stream: StreamId) -> Sequence[str]:
        """Delete every key but the one that is kept. Raises SmtpError, AwsError."""
        user = user_name(stream)
        self._need(stream)
        kept = key_of(self.users.read_secret(secret_name(stream))) if self._own_secret(stream) else ""
        keys = self.users.keys(user)
        if kept not in {key.id for key in keys}:
            message = f"{secret_name(stream)} holds no key of {user}: revoke, then create"
            raise SmtpError(message)
        old = [key.id for key in keys if key.id != kept]
        for key in old:
            self.users.delete_key(user, key)
        return old

    def revoke(self, stream: StreamId) -> bool:
        """Take them away, what works first; False where there is nothing. Raises SmtpError, AwsError."""
        user = user_name(stream)
        known, kept = self._own_user(stream), self._own_secret(stream)
        if known:
            for key in self.users.keys(user):
                self.users.delete_key(user, key.id)
            self.users.delete_user(user)
        if kept:
            self.users.delete_secret(secret_name(stream))
        return known or kept

    def _policy(self, entry: StreamEntry) -> Mapping[str, Any]:
        """What its user may do. Raises SmtpError where that is longer than IAM takes of a user."""
        policy = sending_policy(entry, self.partition)
        if (length := policy_length(policy)) > LONGEST_POLICY:
            message = (
                f"the policy for the {len(entry.identities)} identities of {entry.stream} has {length:,} characters, "
                f"and IAM takes {LONGEST_POLICY:,} of a user: let addresses send as their domain, or spread "
                "the identities over more streams; a role of yours takes more (create --policy)"
            )
            raise SmtpError(message)
        return policy

    def _new_key(self, stream: StreamId, *, new: bool) -> Made:
        """Make a key and keep it; where it cannot be kept it goes again, as nobody would know it."""
        user, name = user_name(stream), secret_name(stream)
        key = self.users.make_key(user)
        text = secret_text(stream, key.id, key.secret)
        try:
            self.users.put_secret(name, text, marks(self.stack, stream), new=new)
        except SesguardError:
            self.users.delete_key(user, key.id)
            raise
        return Made(name, text)

    def _need(self, stream: StreamId) -> None:
        if not self._own_user(stream):
            message = f"{stream} has no SMTP credentials: use create"
            raise SmtpError(message)

    def _own_user(self, stream: StreamId) -> bool:
        return self._own(self.users.tags_of_user(user_name(stream)), stream, f"the IAM user {user_name(stream)}")

    def _own_secret(self, stream: StreamId) -> bool:
        return self._own(self.users.tags_of_secret(secret_name(stream)), stream, f"the secret {secret_name(stream)}")

    def _own(self, tags: Mapping[str, str] | None, stream: StreamId, what: str) -> bool:
        """Whether it is there. Raises SmtpError where somebody else made it."""
        if tags is None:
            return False
        if not marks(self.stack, stream).items() <= tags.items():
            message = f"{what} is there and was not made for this stream by this guard: it is left alone"
            raise SmtpError(message)
        return True
