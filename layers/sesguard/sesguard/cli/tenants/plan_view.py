"""How a plan is shown: what is made, changed and removed, as Terraform shows it, then in sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from sesguard.cli.screen import WIDTH, counted, length, plain, wrapped
from sesguard.cli.tenants.estimate import A_CALL, calls
from sesguard.cli.tenants.planning import Planned
from sesguard.stream import StreamId
from sesguard.tenants.diff import Field
from sesguard.tenants.items import OPERATOR, POLICY, POOL
from sesguard.tenants.plan import Change, PlanAction, StreamChange
from sesguard.tenants.quotas import ADJUSTABLE, Over

_SIGNS: Final = {
    PlanAction.CREATE: ("+", "green"),
    PlanAction.CHANGE: ("~", "yellow"),
    PlanAction.REPLACE: ("~", "yellow"),
    PlanAction.REMOVE: ("-", "red"),
}
_KINDS: Final = {POLICY: "policy", POOL: "pool", OPERATOR: "operator"}
_MOST_CHANGES: Final = 200
_MOST_NAMES: Final = 8


def show(screen: Console, found: Planned) -> None:
    """The plan, for people."""
    for change in found.plan.changes[:_MOST_CHANGES]:
        for line in _lines(change, found.session.home):
            screen.print(line)
    if len(more := found.plan.changes) > _MOST_CHANGES:
        screen.print(f"… and {counted(len(more) - _MOST_CHANGES, 'more change')}; --json has all of them")
    if more:
        screen.print()
    screen.print(summary(found))
    for sentence in [*_notes(found), *(line for over in found.quotas for line in _quota(over))]:
        screen.print(wrapped(sentence.lstrip(), screen.width, len(sentence) - len(sentence.lstrip())))


def summary(found: Planned) -> Text:
    """How much there is to do, and how long SES takes for it."""
    plan = found.plan
    if not plan.changes:
        return Text(f"No changes: {counted(plan.unchanged, 'item')} of the registry are as the file says.")
    number = Counter(change.action for change in plan.changes)
    changed = number[PlanAction.CHANGE] + number[PlanAction.REPLACE]
    text = f"Plan: {number[PlanAction.CREATE]:,} to create, {changed:,} to change, "
    text += f"{number[PlanAction.REMOVE]:,} to remove; {plan.unchanged:,} as they should be."
    if found.calls:
        text += f" About {counted(found.calls, 'call')} to SES, {length(found.calls * A_CALL)} at one a second."
    return wrapped(text, WIDTH)


def kind_of(item: str) -> str:
    return next((kind for prefix, kind in _KINDS.items() if item.startswith(prefix)), "tenant")


def called(item: str) -> str:
    """An item as people call it."""
    kind = kind_of(item)
    short = item.removeprefix(POLICY).removeprefix(POOL).removeprefix(OPERATOR)
    return f"{kind} {short}".strip() if kind != "tenant" else item


def _lines(change: Change, home: StreamId) -> Iterator[Text]:
    sign, style = _SIGNS[change.action]
    head = Text(f"{sign} ", style)
    head.append(plain(called(change.item), 80))
    if change.name:
        head.append(f"  {plain(change.name, 60).plain}", "dim")
    if change.action is PlanAction.REPLACE:
        head.append("  what is registered is not usable", "dim")
    yield head
    for each in _said(change):
        yield _field(each, change.action, 4)
    for stream in change.streams:
        yield from _stream(stream, home)


def _said(change: Change) -> Iterable[Field]:
    return (
        () if change.action is PlanAction.REMOVE else (each for each in change.fields if each.key != "name" or each.old)
    )


def _stream(change: StreamChange, home: StreamId) -> Iterator[Text]:
    if change.action is PlanAction.CHANGE and not change.fields:
        return  # its tenant's tags, which are said of the tenant
    sign, style = _SIGNS[change.action]
    head = Text(f"    {sign} ", style)
    head.append(f"stream {_name(change.stream, home)}")
    yield head
    for each in change.fields:
        yield _field(each, change.action, 8)


def _field(each: Field, action: PlanAction, indent: int) -> Text:
    line = Text(" " * indent + plain(each.key, 80).plain + ": ", "dim")
    old, new = plain(each.old, 300).plain, plain(each.new, 300).plain
    if action is PlanAction.CREATE:
        return line.append(new, "default")
    return line.append(f"{old or '(none)'} → {new or '(none)'}", "not dim")


def _name(stream: StreamId, home: StreamId) -> str:
    if stream.account != home.account:
        return plain(str(stream), 120).plain
    here = stream.region == home.region
    return plain(stream.configuration_set if here else f"{stream.region}/{stream.configuration_set}", 100).plain


def _names(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    return f"{', '.join(names[:_MOST_NAMES])}{more}"


def _notes(found: Planned) -> Iterator[str]:
    home = found.session.home
    if found.plan.left:
        left = list(found.plan.left)
        yield f"Registered and not in the file, left as they are (--prune removes them): {_names(left)}."
    unusable = found.registry.content.unusable
    if broken := [item for item in found.plan.left if item in unusable]:
        yield f"Of these not usable as registered ({unusable[broken[0]][0]}): {_names(broken)}."
    if found.existing:
        sets = [_name(stream, home) for stream in found.existing]
        yield (
            f"{counted(len(sets), 'configuration set')} that SES has already and the guard did not make: untouched, "
            f"unless you say --adopt, or adopt: true in the file: {_names(sets)}."
        )
    if found.elsewhere:
        yield (
            f"{counted(found.elsewhere, 'stream')} of other accounts or regions: registered here, and served by the "
            "guard of theirs once you apply the file there."
        )
    if found.recounted:
        yield (
            f"Clumps of bounces are forgiven by another rule for {counted(found.recounted, 'stream')}: where that may "
            "matter, the next look at a stream reads the names of its last 31 days anew. Such looks take longer, and "
            "what there is no time for is looked at again within minutes."
        )


def _quota(over: Over) -> Iterator[str]:
    where = f"{over.home.account} {over.home.region}"
    yield f"Past SES's quota: {over.needs:,} {over.what} in {where}, which takes {over.most:,}."
    if over.what in ADJUSTABLE:
        yield "  That quota can be raised: ask for it in Service Quotas before you apply."
        return
    yield (
        f"  That quota cannot be raised. Fewest moves: {counted(len(over.groups), 'further account')}, "
        "each with a guard of its own; say account and region of these tenants' streams:"
    )
    for number, group in enumerate(over.groups, start=1):
        size = f"{counted(len(group.tenants), 'tenant')} with {counted(group.sets, 'configuration set')}"
        yield f"  account {number}: {size}: {_names(list(group.tenants))}."
    if over.too_large:
        yield f"  No account has room for all streams of {_names(list(over.too_large))}: make tenants of parts of them."


def as_dict(found: Planned) -> dict[str, Any]:
    """JSON-ready, with keys that stay."""
    return {
        "changes": [_change(each, found.session.home) for each in found.plan.changes],
        "unchanged": found.plan.unchanged,
        "left": list(found.plan.left),
        "existing": [str(stream) for stream in found.existing],
        "elsewhere": found.elsewhere,
        "recounted": found.recounted,
        "ses_calls": found.calls,
        "seconds": found.calls * A_CALL.total_seconds(),
        "quotas": [
            {
                "account": over.home.account,
                "region": over.home.region,
                "what": over.what,
                "needs": over.needs,
                "most": over.most,
                "split": [{"tenants": list(group.tenants), "sets": group.sets} for group in over.groups],
                "too_large": list(over.too_large),
            }
            for over in found.quotas
        ],
    }


def _change(change: Change, home: StreamId) -> dict[str, Any]:
    return {
        "id": change.item,
        "kind": kind_of(change.item),
        "action": change.action.value,
        "name": change.name,
        "fields": [each._asdict() for each in change.fields],
        "streams": [
            {
                "stream": str(each.stream),
                "action": each.action.value,
                "fields": [field._asdict() for field in each.fields],
                "ses_calls": calls(each, home),
            }
            for each in change.streams
        ],
    }
