"""Writes what makes a shell complete sesguard's commands, options and choices, to be read when the shell starts.

  bash  eval "$(sesguard completion bash)"           in ~/.bashrc
  zsh   sesguard completion zsh > "${fpath[1]}/_sesguard"
  fish  sesguard completion fish > ~/.config/fish/completions/sesguard.fish

Exit code: 0, or 2 for a shell that is none of these.
"""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter


def run(shell: Annotated[Literal["bash", "zsh", "fish"], Parameter(name="SHELL", help="which shell")], /) -> int:
    from sesguard.cli.run import build  # which imports this module

    written = build().generate_completion(shell=shell)
    # Where no word of sesguard fits, a file may be meant; zsh and fish offer files by themselves.
    print(written.replace("complete -F ", "complete -o bashdefault -o default -F ") if shell == "bash" else written)
    return 0
