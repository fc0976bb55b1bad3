"""The ``sesguard`` command's door: whatever happens behind it ends in words and an exit code, never in a traceback.

Imports nothing but the standard library before it can say what is missing, and that a Ctrl-C has stopped it. Exit codes
common to all commands: 1 where the output cannot be written, or sesguard itself is at fault; 2 where the command line
or a file cannot be read, or something is not installed; 130 after Ctrl-C; 141 where whoever read the output has closed
it.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import time
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

NOT_DONE: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells have it
OUTPUT_CLOSED: Final = 141  # 128 + SIGPIPE
_ENDING: Final = (KeyboardInterrupt, SystemExit)
"""What a signal raises that is to end this process."""
EXTRAS: Final = frozenset({"cyclopts", "rich", "yaml", "boto3", "botocore", "matplotlib", "msgspec", "jinja2"})
"""What comes with the command."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the words of the command line say, and give the exit code."""
    try:
        open_what_is_closed()
        spare_letters()
        with every_ctrl_c_heard():
            code = _run(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _ended(INTERRUPTED, f"{showing_cursor(sys.stderr)}stopped")
    except BrokenPipeError:
        return _ended(OUTPUT_CLOSED)  # whoever read it has seen enough
    except ImportError as error:
        missing = _missing(error)
        if missing is None:
            return _ended(NOT_DONE, _kept(error))
        return _ended(USAGE, f"sesguard: {missing} is not installed: it comes with sesguard by pipx install, or pip")
    except OSError as error:
        about = "" if error.filename is None else f"{str(error.filename)[:300]!r}: "
        return _ended(NOT_DONE, f"sesguard: {about}{error.strerror or error}")
    except MemoryError:
        return _ended(NOT_DONE, "sesguard: there is not enough memory")
    except Exception as error:
        return _ended(NOT_DONE, _kept(error))
    return code


@contextmanager
def every_ctrl_c_heard() -> Iterator[None]:
    """Let a Ctrl-C, or what else is to end this process, end it where Python ignores it or makes an error of it.

    It ignores what is raised within callbacks, as imports make: that comes again a moment later, as a Ctrl-C
    (https://docs.python.org/3/library/sys.html#sys.unraisablehook). Before 3.12 it makes a RuntimeError of what is
    raised while a class names its attributes (https://docs.python.org/3/reference/datamodel.html#object.__set_name__).
    What is taken down after it may fail, as it was not yet up: rich's bars, where they were just being drawn.
    """
    usual = sys.unraisablehook

    def hook(ignored: Any) -> None:  # noqa: ANN401  # the type has no name at run time
        if issubclass(ignored.exc_type, _ENDING):
            _thread.start_new_thread(_interrupt_again, (_thread.get_ident(),))
        else:
            usual(ignored)

    sys.unraisablehook = hook
    try:
        yield
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, _ENDING):
            cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
        if cause is None:
            raise
        raise cause from None
    finally:
        sys.unraisablehook = usual


def _interrupt_again(thread: int) -> None:
    time.sleep(0.01)  # until the callback has ended
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        signal.pthread_kill(thread, signal.SIGINT)  # which ends a read that waits, too


def _run(words: list[str]) -> int:
    # In here, so that Ctrl-C and what is not installed are answered from the start.
    from sesguard import __version__
    from sesguard.cli.help_page import page_asked_for, show

    if words[:1] == ["help"]:  # as git and aws have it
        words = [*words[1:], "--help"]
    if words == ["--version"]:  # as quick as a page of help
        print(f"sesguard {__version__}")
        return 0
    page = page_asked_for(words)
    if page is not None:
        show(page)
        return 0
    from sesguard.cli.run import run

    return run(words)


def _ended(code: int, said: str = "") -> int:
    """Say why it ends, after what was printed, as far as either can be written; give the exit code."""
    for channel, text in ((sys.stdout, ""), (sys.stderr, said and f"{said}\n")):
        try:
            print(text, end="", file=channel, flush=True)
        except OSError:
            _drop(channel)
    return code


def showing_cursor(channel: TextIO) -> str:
    """Give what shows the cursor of a terminal, which is hidden while something is drawn anew and anew; "" for none."""
    return "\x1b[?25h" if channel.isatty() and os.environ.get("TERM", "dumb") != "dumb" else ""


def drop_output() -> None:
    """Let what is left of the output go nowhere: Python would complain again when it flushes at exit."""
    _drop(sys.stdout)


def _drop(channel: TextIO) -> None:
    with suppress(OSError, ValueError):  # ValueError: it is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), channel.fileno())


def _kept(error: Exception) -> str:
    """Keep the traceback of what nobody thought of, and say in a sentence what it is and where."""
    import tempfile
    import traceback

    kept = "it could not be kept"
    with (
        suppress(OSError),
        tempfile.NamedTemporaryFile(
            "w", prefix="sesguard-", suffix=".log", encoding="utf-8", errors="backslashreplace", delete=False
        ) as file,
    ):
        traceback.print_exception(error, file=file)
        kept = f"the traceback is in {file.name}"
    what = f"{type(error).__name__}({str(error)[:300]!r})"
    return f"sesguard: a fault of sesguard's own, {what}: {kept}"


def open_what_is_closed() -> None:
    """Let a closed standard input (``<&-``) be an empty one, and a closed output one that cannot be written to.

    Python has None in their place, and the next file or connection to be opened has their number.
    """
    sys.stdin = sys.stdin or os.fdopen(os.open(os.devnull, os.O_RDONLY), "r")
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def spare_letters() -> None:
    """Let a terminal that lacks a letter show another one in its place; what comes in that is none is one, too."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _missing(error: ImportError) -> str | None:
    """The package of the extra that is not there, if that is what went wrong."""
    for each in _causes(error):
        package = (getattr(each, "name", "") or "").partition(".")[0]
        if isinstance(each, ModuleNotFoundError) and package in EXTRAS:
            return package
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


if __name__ == "__main__":
    sys.exit(main())
