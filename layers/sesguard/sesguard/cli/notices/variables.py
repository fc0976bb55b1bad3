"""The reference of what templates know, made of the view model itself."""

from __future__ import annotations

from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from sesguard.notices import variables
from sesguard.notices.message import Tone
from sesguard.notices.templating import FILTERS
from sesguard.notices.variables import OfAccount, OfAny, OfDigest, OfDomain, OfGuard, OfStream

_KINDS: Final = (
    (OfAny, "every template"),
    (OfStream, "the words of a stream's states, and what they include"),
    (OfAccount, "account_at_risk.words"),
    (OfGuard, "operator_notice.words"),
    (OfDigest, "digest.words"),
    (OfDomain, "domain.words"),
)
_FILTERS: Final = {
    "percent": "a fraction as `14.5 %`",
    "odds": "a chance as `less than once in a million`",
    "number": "an integer as `4,310`",
    "time": "a time as `21 November 2026, 19:00 UTC`",
    "listed": "counts as `gmail.com 8, aol.com 2`",
    "wrapped": "a line broken at 76 columns: `wrapped(indent_of_the_first, indent_of_the_rest)`",
    "aligned": "pairs as lines of `label: value`",
}
_TYPES: Final = {
    "str": "text",
    "int": "integer",
    "float": "fraction",
    "bool": "yes or no",
    "NoneType": "none",
    "datetime": "time",
    "NoticeState": "text",
}
_LAYOUT: Final = {
    "words": "what is said, escaped already: `lang subject preview label title greeting happened figures body button "
    "details questions footer`; `figures` and `details` are pairs, `body` has parts of `title` and `items`, these "
    "`text` and `bullet`",
    "subject": "layout.html alone: the subject, for `<title>`",
    "preview": "layout.html alone: what an inbox shows beside the subject",
}


def reference() -> str:
    """All of it, as Markdown."""
    parts = [_table(f"Variables of {known}", _rows(kind)) for kind, known in _KINDS]
    parts.append(_table("Variables of layout.html and layout.txt, beside the above", _LAYOUT.items()))
    parts += [_table(f"Fields of {struct.__name__}", _rows(struct)) for struct in _structs()]
    parts.append(_table("Filters, beside Jinja2's own", ((name, _FILTERS[name]) for name in FILTERS)))
    parts.append("`period(start, end)` gives `on 21 November 2026 from 17:55 to 18:00 UTC`.\n")
    return "\n".join(parts)


def _table(title: str, rows: Any) -> str:  # noqa: ANN401  # pairs, or triples with a type between
    lines = [f"| {' | '.join((f'`{name}`', *rest))} |" for name, *rest in rows]
    columns = lines[0].count(" | ") + 1
    heads = "| Name | Type | What |" if columns == 3 else "| Name | What |"
    return "\n".join([f"### {title}", "", heads, "|---" * columns + "|", *lines, ""])


def _rows(struct: type[msgspec.Struct]) -> list[tuple[str, str, str]]:
    shared = () if struct is OfAny or not issubclass(struct, OfAny) else OfAny.__struct_fields__
    hints = get_type_hints(struct, include_extras=True)
    rows = []
    for name in struct.__struct_fields__:
        if name in shared:
            continue
        of, *notes = get_args(hints[name]) if get_origin(hints[name]) is Annotated else (hints[name],)
        meta = next(note for note in notes if isinstance(note, Meta))
        rows.append((name, _called(of), meta.description or ""))
    return rows


def _called(of: Any) -> str:  # noqa: ANN401  # a type
    if of is Tone:
        return "text"
    if get_origin(of) is tuple:
        return f"list of {_called(get_args(of)[0])}"
    if get_args(of):
        return " or ".join(_called(each) for each in get_args(of))
    name: str = of.__name__
    return _TYPES.get(name, name)


def _structs() -> list[type[msgspec.Struct]]:
    ours = (each for each in vars(variables).values() if isinstance(each, type) and issubclass(each, msgspec.Struct))
    return sorted((each for each in ours if not issubclass(each, OfAny)), key=lambda each: each.__name__)
