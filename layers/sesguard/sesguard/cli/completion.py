"""Writes what makes a shell complete sesguard's commands, options and choices, to be read when the shell starts.

  bash  eval "$(sesguard completion bash)"           in ~/.bashrc
  zsh   sesguard completion zsh > "${fpath[1]}/_cyclopts_sesguard"
  fish  sesguard completion fish > ~/.config/fish/completions/sesguard.fish

Exit code: 0, or 2 for a shell that is none of these.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from sesguard.cli.options import LOCAL_HELP

# What _arguments of zsh is told of a word, or of an option's value, without how to complete it:
# https://zsh.sourceforge.io/Doc/Release/Completion-System.html#Completion-Functions
_ZSH_WORD: Final = re.compile(r"^( +'(?:\*|\d+):(?:\\.|[^:'\\])+)'", re.MULTILINE)
_ZSH_VALUE: Final = re.compile(r"^( +'\*?--[^'\[]+\[(?:\\.|'\\''|[^\]'])*\]:[^:']+)'", re.MULTILINE)

# Each script begins with what may stand before a command; cyclopts does not know that --local may, too.
_LOCAL_FIRST: Final = {
    "bash": ('"--version")', '"--version" "--local")'),
    "zsh": ("'1: :->cmds'", f"'--local[{LOCAL_HELP}]' \\\n    '1: :->cmds'"),
    "fish": (
        "# Root-level options\n",
        f"# Root-level options\ncomplete -c sesguard -n __fish_use_subcommand -l local -d '{LOCAL_HELP}'\n",
    ),
}


def run(shell: Annotated[Literal["bash", "zsh", "fish"], Parameter(name="SHELL", help="which shell")], /) -> int:
    from sesguard.cli.run import build  # which imports this module

    script = build().generate_completion(shell=shell)
    script = script.replace(*_LOCAL_FIRST[shell], 1)
    # Where no word of sesguard fits, a file may be meant; fish offers files by itself.
    if shell == "bash":
        script = script.replace("complete -F ", "complete -o bashdefault -o default -F ")
    if shell == "zsh":
        script = _ZSH_VALUE.sub(r"\1:_files'", _ZSH_WORD.sub(r"\1:_files'", script))
    print(script)
    return 0
