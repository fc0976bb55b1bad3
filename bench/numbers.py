"""What was measured, on file: ``build/bench/bench.json`` of a run, ``docs/bench.json`` of what the documents quote."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Final

import msgspec

ROOT: Final = Path(__file__).resolve().parents[1]
OUT: Final = ROOT / "build" / "bench"
FOUND: Final = OUT / "bench.json"
KEPT: Final = ROOT / "docs" / "bench.json"

_BUSY: Final = 0.25
"""Processes that want a core, for each core, from which on a machine is not quiet."""


class Number(msgspec.Struct):
    """One number: what it is, by which part of `make bench` (or by what else), when and of which commit.

    values: of each run, or of each size that it holds for.
    """

    what: str
    part: str
    measured: str
    commit: str = ""
    values: list[float] = []


class Found(msgspec.Struct):
    """What a run found. seconds: how long each part took. failed: parts, and numbers that were not printed."""

    measured: str
    commit: str
    machine: str
    python: str
    numbers: dict[str, Number] = {}
    seconds: dict[str, int] = {}
    failed: list[str] = []


def read(path: Path) -> Found:
    """Read what :func:`write` wrote. Raises OSError, msgspec.DecodeError."""
    return msgspec.json.decode(path.read_bytes(), type=Found)


def write(path: Path, found: Found) -> None:
    """Write ``found`` for people to read and to compare by the line."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")


def machine(load: float) -> str:
    """Say in words what it was measured on: cores, memory, and whether it did something else."""
    cores = os.cpu_count() or 1
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    busy = "a busy machine" if load > _BUSY * cores else "a machine that did nothing else"
    return f"{busy}, {cores} cores ({platform.machine()}), {gigabytes:.0f} GB"
