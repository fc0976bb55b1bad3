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

    print(build().generate_completion(shell=shell))
    return 0
