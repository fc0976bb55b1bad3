"""What is wrong with a command line, in a sentence, with what was probably meant."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from cyclopts.exceptions import MissingArgumentError, UnknownCommandError, UnknownOptionError, UnusedCliTokensError

from sesguard.cli.commands import RENAMED
from sesguard.cli.options import undashed

if TYPE_CHECKING:
    from cyclopts import App, CycloptsError

HELP: Final = "--help"
_ASKED_FOR: Final = {"help": HELP, "version": "--version"}


def mistake(error: CycloptsError, where: App, chain: tuple[str, ...]) -> str:
    """Say what is wrong; ``chain``: the words of the command that was understood, in the app ``where``."""
    if isinstance(error, UnknownCommandError) and error.unused_tokens:
        return _unknown_command(undashed(error.unused_tokens[0]), where, chain)
    if isinstance(error, UnknownOptionError):
        named = (error.token.keyword or error.token.value).partition("=")[0]
        options = {name for each in error.argument_collection for name in each.names if name.startswith("--")}
        bare = {name.lstrip("-") for name in (*options, HELP)}  # dashes are alike in all of them
        near = get_close_matches(named.lstrip("-").lower(), sorted(bare), n=1, cutoff=0.7)
        return f"there is no option {undashed(named)}" + (f"; did you mean --{near[0]}?" if near else "")
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        more = ", ".join(repr(undashed(each)) for each in error.unused_tokens)
        return f"nothing is known to do with {more}"
    if isinstance(error, MissingArgumentError) and error.argument is not None and error.argument.tokens == []:
        named = error.argument.name
        return f"{named} needs a value" if error.keyword else f"{named} is missing"
    return str(error)


def _unknown_command(word: str, where: App, chain: tuple[str, ...]) -> str:
    if new := RENAMED.get((*chain, word)):  # type: ignore[arg-type]  # a chain of another length is none of them
        return f"{word} is called {new} now: sesguard {' '.join(chain)} {new}"
    names = {name: name for name in where if not name.startswith("-")} | _ASKED_FOR
    spelled = word.lstrip("-").lower()
    near = [spelled] if spelled in names else get_close_matches(spelled, names, n=2, cutoff=0.6)
    what = "option" if word.startswith("-") else "command"
    return f"there is no {what} {word!r}" + (
        f"; did you mean {' or '.join(names[name] for name in near)}?" if near else ""
    )
