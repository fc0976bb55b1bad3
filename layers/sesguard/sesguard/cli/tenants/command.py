"""The registry of tenants: what the platform wants of SES, from a file to ten thousand configured senders.

  plan FILE      what applying a file would change
  apply FILE     change only what differs
  status         how far the guard has come in making SES so
  list, show ID  who is registered, and everything about one tenant
  export         what is registered, as a file
  import         what is in SES already, as a file
  repair         make streams true again, although the registry has not changed
  remove ID …    let tenants go

Each has its own --help.
"""

from __future__ import annotations

from argparse import RawDescriptionHelpFormatter
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import argparse

_WORDS: Final = {
    "plan": ("sesguard.cli.tenants.plan", "what applying a file would change"),
    "apply": ("sesguard.cli.tenants.apply", "change only what differs"),
    "status": ("sesguard.cli.tenants.status", "how far the guard has come in making SES so"),
    "list": ("sesguard.cli.tenants.list", "who is registered"),
    "show": ("sesguard.cli.tenants.show", "everything about one tenant"),
    "export": ("sesguard.cli.tenants.export", "what is registered, as a file"),
    "import": ("sesguard.cli.tenants.import_", "what is in SES already, as a file"),
    "repair": ("sesguard.cli.tenants.repair", "make streams true again"),
    "remove": ("sesguard.cli.tenants.remove", "let tenants go"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(metavar="|".join(_WORDS), required=True)
    for word, (name, summary) in _WORDS.items():
        each = words.add_parser(word, help=summary, formatter_class=RawDescriptionHelpFormatter)
        module = import_module(name)
        each.description = module.__doc__
        module.configure(each)
        each.set_defaults(word=module.run)


def run(arguments: argparse.Namespace) -> int:
    """Do what the word says, and give the exit code."""
    code: int = arguments.word(arguments)
    return code
