"""Execution environments share one unpacked copy of a function's code and of each layer.

The emulator unpacks both anew for each execution environment, and the interpreter in it compiles all that it imports
anew: seconds of both cores for each cold start, and hundreds of files to remove afterwards. On AWS code is a read-only
mount too, see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html. Copies are named by what is
in them and outlive the emulator, so that the next one starts with what is compiled already.
"""

import hashlib
import os
import shutil
import tempfile
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from localcloud.gaps import patching

FOLDER: Final = "unpacked"
KEPT_SECONDS: Final = 7 * 86_400  # after its last use


def install() -> None:
    from ministack.core import lambda_runtime

    if getattr(lambda_runtime, "zipfile", None) is not zipfile:
        raise patching.PatchError("ministack.core.lambda_runtime.zipfile", "the standard library's", "something else")
    vars(lambda_runtime)["zipfile"] = SimpleNamespace(**{**vars(zipfile), "ZipFile": _SharedArchive})


class _SharedArchive(zipfile.ZipFile):
    """An archive whose members are unpacked once: a link to them takes the place of the folder that is asked for."""

    def namelist(self) -> list[str]:
        """Those members whose names could lead out of a folder: who asks looks at nothing else of them, slowly."""
        return [name for name in super().namelist() if name.startswith("/") or ".." in name]

    def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:  # noqa: ANN401, ARG002 (the library's own arguments)
        asked = Path(path)
        asked.rmdir()
        asked.symlink_to(unpacked(self, Path(tempfile.gettempdir()).parent / FOLDER), target_is_directory=True)


def unpacked(archive: zipfile.ZipFile, folder: Path) -> Path:
    """Unpack ``archive`` into ``folder``, unless that was done before. Returns where its members are."""
    members = "\n".join(f"{it.filename} {it.CRC} {it.file_size}" for it in archive.infolist())
    copy = folder / hashlib.sha256(members.encode()).hexdigest()
    if not copy.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _remove_unused(folder)
        beside = Path(tempfile.mkdtemp(dir=folder, prefix="part-"))
        zipfile.ZipFile.extractall(archive, beside, zipfile.ZipFile.namelist(archive))
        try:
            beside.rename(copy)
        except OSError:  # somebody else was faster
            shutil.rmtree(beside, ignore_errors=True)
    os.utime(copy)
    return copy


def _remove_unused(folder: Path) -> None:
    for copy in folder.iterdir():
        try:
            if time.time() - copy.stat().st_mtime > KEPT_SECONDS:
                shutil.rmtree(copy, ignore_errors=True)
        except FileNotFoundError:
            continue
