"""What notices say and how they look: shows them, checks a platform's own wording, and puts it in force.

A folder of templates with the names of the guard's own replaces them file by file: STATE.words says what is said of a
state, base.words and stream.words what they share, layout.html and layout.txt how a mail looks. brand.toml beside them
has name, colour, logo_text, logo_url, support, footer and lang. docs/notices.md tells how to write them.

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
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from sesguard.cli.connect import DONE, REFUSED, USAGE, UsageError, with_guard
from sesguard.cli.notices.check import find_problems
from sesguard.cli.notices.folder import Own, WordingProblem, read_folder
from sesguard.cli.notices.installed import install_wording, reset_wording
from sesguard.cli.notices.preview import INDEX, PreviewShown, files, written
from sesguard.cli.notices.variables import reference
from sesguard.cli.options import HERE, Json, Where, Yes
from sesguard.cli.screen import console, counted, plain, print_json
from sesguard.errors import naming
from sesguard.notices.states import NoticeState
from sesguard.notices.wording import Wording
from sesguard.wiring.operator import Guard

Folder = Annotated[Path, Parameter(name="DIR", help="your templates and brand.toml")]


def preview(
    folder: Annotated[Path | None, Parameter(name="DIR", help="your templates; without: the built-in ones")] = None,
    /,
    *,
    state: Annotated[NoticeState | None, Parameter(help="this one alone")] = None,
    to_browser: Annotated[bool, Parameter(help="open the page in a browser")] = False,
    file: Annotated[Path | None, Parameter(metavar="DIR", help="write the files there")] = None,
) -> int:
    if to_browser and file:
        return _unusable("--to-browser and --file cannot go together")
    return _reading(lambda: _preview(folder, state, file, to_browser=to_browser))


def variables() -> int:
    """Print what templates know."""
    console().print(Text(reference()))
    return DONE


def check(folder: Folder, /, *, json: Json = False) -> int:
    return _reading(lambda: _check(folder, json=json))


def install(folder: Folder, /, *, yes: Yes = False, where: Where = HERE) -> int:
    return _reading(lambda: _install(folder, where, yes=yes))


def reset(*, yes: Yes = False, where: Where = HERE) -> int:
    def put_back(guard: Guard, _: datetime) -> int:
        done = reset_wording(guard, lambda lines: _agreed(lines, yes=yes))
        return _told(done, "Notices use the built-in wording again, within a minute.")

    return with_guard(where, put_back)


def _reading(command: Callable[[], int]) -> int:
    """Run ``command``; say which folder cannot be read."""
    try:
        return command()
    except UsageError as error:
        return _unusable(str(error))


def _unusable(problem: str) -> int:
    print(f"sesguard notices: {problem}", file=sys.stderr)
    return USAGE


def _preview(folder: Path | None, state: NoticeState | None, to: Path | None, *, to_browser: bool) -> int:
    own = read_folder(folder) if folder else Own({}, {}, ())
    _say(own.problems)
    wording = Wording.with_own(own.templates, own.brand)
    notices = written(wording, state)
    if not to_browser and not to:
        for notice in notices:
            _print(notice)
    else:
        target = to or Path(tempfile.mkdtemp(prefix="sesguard-notices-"))
        target.mkdir(parents=True, exist_ok=True)
        for name, content in files(notices, wording):
            with naming(target / name):
                (target / name).write_text(content, encoding="utf-8")
        page = (target / INDEX).resolve()
        console().print(plain(f"{counted(len(notices), 'notice')}: {page}", 1_000), soft_wrap=True)
        if to_browser and not webbrowser.open(page.as_uri()):
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


def _check(folder: Path, *, json: bool) -> int:
    own = read_folder(folder)
    problems = find_problems(own)
    if json:
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


def _install(folder: Path, where: Where, *, yes: bool) -> int:
    own = read_folder(folder)
    if not own.templates and not own.brand and not own.problems:
        print(f"sesguard notices: {json.dumps(str(folder))} has nothing to install", file=sys.stderr)
        return REFUSED
    problems = find_problems(own)
    if problems:
        _say(problems)
        print("sesguard notices: nothing is installed", file=sys.stderr)
        return REFUSED

    def put(guard: Guard, _: datetime) -> int:
        changes = install_wording(guard, own, lambda lines: _agreed(lines, yes=yes))
        return _told(changes, "Installed. Notices use it within a minute.")

    return with_guard(where, put)


def _told(done: bool | None, sentence: str) -> int:
    """``done``: None where there is nothing to do, False where the answer was no."""
    console().print("Nothing to do: it is so already." if done is None else sentence if done else "Nothing is changed.")
    return REFUSED if done is False else DONE


def _agreed(lines: Sequence[str], *, yes: bool) -> bool:
    """Show what would change and ask, unless --yes was said. Raises UsageError where nobody can be asked."""
    for line in lines:
        console().print(plain(line))
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError("nobody is here to say yes: use --yes")
    print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
