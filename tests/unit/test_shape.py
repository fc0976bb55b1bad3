"""The shape of the code: folders are the flow's stages, imports point back along it, and each room has one door.

The tests walk folders and list no modules, so that a new one is held to the rules the moment it is there.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "layers" / "sesguard" / "sesguard"
MODULES: Final = sorted(PACKAGE.rglob("*.py"))

GROUND: Final = frozenset({"stream", "errors", "text", "policy"})
"""What everybody stands on."""
AT_THE_ROOT: Final = frozenset({"stream", "errors", "text", "alarm_queue"})
"""The only modules at the package's root: what everybody stands on, and the queue that two stages share."""
STAGES: Final = (
    frozenset({"ses_events", "bus"}),
    frozenset({"detection", "posture", "lake"}),
    frozenset({"signals"}),
    frozenset({"pausing"}),
    frozenset({"ingest", "account", "drill", "provisioning", "notices", "backtest"}),
    frozenset({"acknowledgement"}),
    frozenset({"notify"}),
    frozenset({"alarm_queue"}),
    frozenset({"doctor", "fleet", "members"}),
)
"""In the order of the flow: a stage knows those before it, and the ground."""
ON_THE_GROUND: Final = frozenset({"tenants", "costs"})
"""Stand on the ground alone; any stage may ask them."""
OUTSIDE: Final = frozenset({"aws", "wiring", "cli"})
AWS_LIBRARIES: Final = frozenset({"boto3", "botocore"})


def room_of(module: Path) -> str:
    """The folder or root module that a file belongs to."""
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imports(module: Path) -> frozenset[str]:
    """What a file imports, wherever it does so; of ``from x import y`` both x and x.y."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            base = node.module or ""
            names |= {f"{base}.{alias.name}" for alias in node.names} | ({base} - {"sesguard"})
    return frozenset(names)


def rooms_known_to(module: Path) -> set[str]:
    inside = {name.split(".")[1] for name in imports(module) if name.startswith("sesguard.")}
    return inside - {room_of(module), "__version__"}


def found(wrong: Mapping[Path, set[str]]) -> dict[str, set[str]]:
    """What is wrong with modules, by their names; of those with which nothing is, nothing."""
    return {str(module.relative_to(PACKAGE)): names for module, names in wrong.items() if names}


def may_know(room: str) -> frozenset[str]:
    """The rooms that a stage may import from."""
    if room in GROUND:
        return GROUND
    if room in ON_THE_GROUND:
        return GROUND
    before: frozenset[str] = frozenset()
    for stage in STAGES:
        if room in stage:
            return before | GROUND | ON_THE_GROUND
        before |= stage
    return pytest.fail(f"{room} has no place in the flow: add it to STAGES, or move it")


def test_no_arrow_runs_back() -> None:
    inside = [module for module in MODULES if room_of(module) not in {*OUTSIDE, "__init__", "__main__"}]
    assert found({module: rooms_known_to(module) - may_know(room_of(module)) for module in inside}) == {}


def test_no_import_runs_in_a_circle() -> None:
    by_name = {".".join(module.relative_to(PACKAGE.parent).with_suffix("").parts): module for module in MODULES}
    TopologicalSorter({name: imports(module) & by_name.keys() for name, module in by_name.items()}).prepare()


def test_at_the_root_are_the_ground_and_the_queue() -> None:
    at_root = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert at_root == AT_THE_ROOT


def test_the_rooms_are_few_enough_to_be_found_in_one_look() -> None:
    assert len({room_of(module) for module in MODULES} - {"__init__", "__main__"}) <= 28


def test_only_the_adapters_know_aws() -> None:
    others = [module for module in MODULES if room_of(module) != "aws"]
    libraries = {module: {name.split(".")[0] for name in imports(module)} & AWS_LIBRARIES for module in others}
    assert found(libraries) == {}


def test_only_the_wiring_knows_the_adapters() -> None:
    others = [module for module in MODULES if room_of(module) not in {"aws", "wiring"}]
    assert found({module: rooms_known_to(module) & {"aws"} for module in others}) == {}


def test_only_settings_reads_the_environment() -> None:
    reads = re.compile(r"\bos\.(environ|getenv)\b|from os import")
    readers = {str(path.relative_to(PACKAGE)) for path in MODULES if reads.search(path.read_text(encoding="utf-8"))}
    assert {name for name in readers if not name.startswith("cli/")} == {"aws/settings.py"}


@pytest.mark.parametrize("module", sorted(PACKAGE.rglob("ports.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_ports_hold_protocols_and_no_data(module: Path) -> None:
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            assert "Protocol" in {ast.unparse(base).split("[")[0] for base in node.bases}, node.name
        else:
            typed = isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("TypeVar(")
            assert typed or isinstance(node, ast.Import | ast.ImportFrom | ast.Expr), ast.unparse(node)


def test_no_two_public_classes_have_one_name() -> None:
    places = defaultdict(list)
    for module in MODULES:
        for node in ast.parse(module.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(module.relative_to(PACKAGE)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_a_functions_folder_holds_nothing_that_could_shadow_a_module() -> None:
    for folder in sorted((ROOT / "functions").iterdir()):
        assert {path.name for path in folder.iterdir()} - {"__pycache__"} == {"app.py"}, folder
