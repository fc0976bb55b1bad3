"""What notices say and how they look: shows them, checks a platform's own wording, and puts it in force.

A folder of templates with the names of the guard's own replaces them file by file: STATE.words says what is said of a
state, base.words and stream.words what they share, layout.html and layout.txt how a mail looks. brand.toml beside them
has name, colour, logo_text, logo_url, support and footer. docs/notices.md tells how to write them.

  preview     writes every notice with sample data: as text here, or as files with a page to look at
  check       finds all that is wrong with a folder at once; nothing leaves this machine
  variables   what templates know, and the filters
  install     checks a folder and puts it into the guard's table; from then on notices use it, within a minute
  reset       takes it out again

A template that fails on a notice all the same is passed over for that notice, and the operator is told.

--json of check prints one object: problems (file, line, problem, remedy). install and reset ask on a terminal;
elsewhere they need --yes.

Exit code: 0; 1 where something is wrong with the folder, or you said no; 2 for a command line or folder that cannot be
read; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

import json
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.text import Text

from sesguard.cli.connect import DONE, REFUSED, USAGE, UsageError, add_json, add_options, with_guard
from sesguard.cli.notices.check import check
from sesguard.cli.notices.folder import Own, WordingProblem, read_folder
from sesguard.cli.notices.installed import install, reset
from sesguard.cli.notices.preview import INDEX, PreviewShown, files, written
from sesguard.cli.notices.variables import reference
from sesguard.cli.screen import console, counted, plain, print_json
from sesguard.notices.states import NoticeState
from sesguard.notices.wording import Wording

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from datetime import datetime

    from sesguard.wiring.operator import Guard

_WORDS: Final = {
    "preview": "write every notice with sample data",
    "check": "find all that is wrong with a folder",
    "variables": "what templates know",
    "install": "put a folder in force",
    "reset": "go back to the built-in wording",
}


def configure(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(metavar="|".join(_WORDS), dest="word", required=True)
    for word, summary in _WORDS.items():
        each = words.add_parser(word, help=summary)
        each.description, each.formatter_class = __doc__, parser.formatter_class
        if word in {"check", "install"}:
            each.add_argument("folder", metavar="DIR", type=Path, help="your templates and brand.toml")
        if word == "check":
            add_json(each)
        if word == "preview":
            _configure_preview(each)
        if word in {"install", "reset"}:
            each.add_argument("--yes", action="store_true", help="do not ask")
            add_options(each)


def _configure_preview(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", metavar="DIR", type=Path, nargs="?", help="your templates; without: the built-in ones"
    )
    parser.add_argument("--state", choices=[state.value for state in NoticeState], help="this one alone")
    to = parser.add_mutually_exclusive_group()
    to.add_argument("--to-browser", action="store_true", help="open the page in a browser")
    to.add_argument("--file", metavar="DIR", type=Path, help="write the files there")


def run(arguments: argparse.Namespace) -> int:
    """Do it, and give the exit code."""
    try:
        match arguments.word:
            case "preview":
                return _preview(arguments)
            case "variables":
                console().print(Text(reference()))
                return DONE
            case "check":
                return _check(arguments)
            case "install":
                return _install(arguments)
        return with_guard(arguments, _reset)
    except OSError as error:
        print(f"sesguard notices: {json.dumps(error.filename)}: {error.strerror}", file=sys.stderr)
        return USAGE


def _preview(arguments: argparse.Namespace) -> int:
    own = read_folder(arguments.folder) if arguments.folder else Own({}, {}, ())
    _say(own.problems)
    wording = Wording.with_own(own.templates, own.brand)
    notices = written(wording, NoticeState(arguments.state) if arguments.state else None)
    if not arguments.to_browser and not arguments.file:
        for notice in notices:
            _print(notice)
    else:
        folder = arguments.file or Path(tempfile.mkdtemp(prefix="sesguard-notices-"))
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files(notices, wording):
            (folder / name).write_text(content, encoding="utf-8")
        page = (folder / INDEX).resolve()
        console().print(plain(f"{counted(len(notices), 'notice')}: {page}", 1_000), soft_wrap=True)
        if arguments.to_browser and not webbrowser.open(page.as_uri()):
            print("sesguard notices: no browser opens here; open that file yourself", file=sys.stderr)
    failed = wording.problems or own.problems or any(notice.message.problems for notice in notices)
    return REFUSED if failed else DONE


def _print(notice: PreviewShown) -> None:
    screen = console()
    screen.rule(plain(notice.name), align="left")
    screen.print(Text.assemble("Subject: ", (notice.message.subject, "bold")), soft_wrap=True)
    screen.print(Text(f"\n{notice.message.text}"), soft_wrap=True)
    for problem in notice.message.problems:
        screen.print(Text(f"{problem}: the built-in wording stood in", "yellow"), soft_wrap=True)


def _check(arguments: argparse.Namespace) -> int:
    own = read_folder(arguments.folder)
    problems = check(own)
    if arguments.json:
        print_json({"problems": [problem._asdict() for problem in problems]})
    else:
        _say(problems)
        if not problems:
            templates = counted(len(own.templates), "template")
            console().print(f"{templates} and {len(own.brand)} of brand.toml: nothing is wrong.")
    return REFUSED if problems else DONE


def _say(problems: Sequence[WordingProblem]) -> None:
    for problem in problems:
        place = f"{problem.file}:{problem.line}" if problem.line else problem.file
        line = Text.assemble((place, "bold"), f": {problem.problem}", (f" ({problem.remedy})", "green"))
        console().print(Text(plain(line.plain, 1_000).plain), soft_wrap=True)


def _install(arguments: argparse.Namespace) -> int:
    own = read_folder(arguments.folder)
    problems = check(own)
    if problems:
        _say(problems)
        print("sesguard notices: nothing is installed", file=sys.stderr)
        return REFUSED

    def put(_: argparse.Namespace, guard: Guard, __: datetime) -> int:
        changes = install(guard, own, lambda lines: _agreed(arguments, lines))
        return _told(changes, "Installed. Notices use it within a minute.")

    return with_guard(arguments, put)


def _reset(arguments: argparse.Namespace, guard: Guard, _: datetime) -> int:
    done = reset(guard, lambda lines: _agreed(arguments, lines))
    return _told(done, "Notices use the built-in wording again, within a minute.")


def _told(done: bool | None, sentence: str) -> int:
    """``done``: None where there is nothing to do, False where the answer was no."""
    console().print("Nothing to do: it is so already." if done is None else sentence if done else "Nothing is changed.")
    return REFUSED if done is False else DONE


def _agreed(arguments: argparse.Namespace, lines: Sequence[str]) -> bool:
    """Show what would change and ask, unless --yes was said. Raises UsageError where nobody can be asked."""
    for line in lines:
        console().print(plain(line))
    if arguments.yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError("nobody is here to say yes: use --yes")
    print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
