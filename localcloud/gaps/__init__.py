"""What the emulator lacks and the guard needs, one gap a module.

Each module has `install()`, follows the AWS page that it cites, and replaces names of the emulator only through
`patching`, which refuses to start when a name is missing or takes other arguments than it did. `tests/contract` shows
for each gap that the bare emulator still has it: when that test fails, delete the module it names.
"""

from localcloud.gaps import alarms, batching, ses

__all__ = ["install"]


def install() -> None:
    """Close every gap in this process. Raises `PatchError` when the emulator is not the one these were written for."""
    for gap in (alarms, batching, ses):
        gap.install()
