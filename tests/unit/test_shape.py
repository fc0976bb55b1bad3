"""The shape of the code: imports point inward, and a function's folder holds its handler alone."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "layers" / "sesguard" / "sesguard"

DOMAIN = (
    "stream.py",
    "word.py",
    "errors.py",
    "policy.py",
    "addresses.py",
    "registry",
    "ports",
    "channels",
    "events",
    "counting",
    "weighing",
    "deciding",
    "backtest",
    "shield",
    "costs",
)
USE_CASES = (
    "turns.py",
    "ses_verdict.py",
    "heed.py",
    "reconcile.py",
    "repairing.py",
    "daily.py",
    "tidying.py",
    "enforcement.py",
    "operating.py",
    "acknowledging.py",
    "acknowledgement",
    "standing.py",
    "incidents.py",
    "ingest.py",
    "enforce.py",
    "settle.py",
    "sweep.py",
    "notify.py",
    "holding.py",
    "delivering.py",
    "office.py",
    "writing.py",
    "undelivered.py",
    "notices",
    "announcing.py",
    "waiting.py",
    "backlog.py",
    "shielding.py",
    "account_alarms.py",
    "account_at_risk.py",
    "registering.py",
    "wished.py",
    "onboarding",
)
AWS_LIBRARIES = {"boto3", "botocore", "aws_lambda_powertools"}
STANDARD_OR_DECODER = {"msgspec"}


def modules(*names: str) -> list[Path]:
    paths = [PACKAGE / name for name in names]
    return [module for path in paths for module in ([path] if path.suffix else sorted(path.rglob("*.py")))]


def imports(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("module", modules(*DOMAIN), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_domain_knows_neither_aws_nor_the_use_cases_nor_the_command_line(module: Path) -> None:
    use_cases = {f"sesguard.{Path(name).stem}" for name in USE_CASES}
    for name in imports(module):
        assert name.split(".")[0] not in AWS_LIBRARIES, name
        assert not name.startswith(("sesguard.aws", "sesguard.cli")), name
        assert not any(name == case or name.startswith(f"{case}.") for case in use_cases), name


@pytest.mark.parametrize("module", modules(*USE_CASES), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_use_cases_reach_the_world_through_ports_alone(module: Path) -> None:
    for name in imports(module):
        assert name.split(".")[0] not in AWS_LIBRARIES, name
        assert not name.startswith(("sesguard.aws", "sesguard.cli")), name


def test_only_settings_reads_the_environment() -> None:
    readers = {
        str(module.relative_to(PACKAGE))
        for module in sorted(PACKAGE.rglob("*.py"))
        if re.search(r"\bos\.(environ|getenv)\b|from os import", module.read_text(encoding="utf-8"))
        and not module.is_relative_to(PACKAGE / "cli")
    }
    assert readers == {"aws/settings.py"}


def test_a_functions_folder_holds_nothing_that_could_shadow_a_module() -> None:
    for folder in sorted((ROOT / "functions").iterdir()):
        assert {path.name for path in folder.iterdir()} - {"__pycache__"} == {"app.py"}, folder
