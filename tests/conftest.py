"""Fixtures that need the local cloud, and what holds for every test.

Both end with the test session, however that ends. Tests wait for the guard's sweeps more than they compute, so several
sessions run side by side, each with its own cloud.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import pytest
from botocore.loaders import JSONFileLoader, Loader
from hypothesis import HealthCheck, settings

from localcloud.cloud import DATA, PYTHON, Emulator
from localcloud.deploy import deploy
from tests.examples import SAME_EXAMPLES, USUALLY, examples
from tests.fakes.servers import Hooks

LOGS = DATA / f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"

# How fast a machine is, and what else it does, is no property of the code.
settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=SAME_EXAMPLES,
    max_examples=examples(USUALLY),
)
settings.load_profile("patient")

# A session of boto3 reads the models of services anew, and which there are, and moto begins a session for each test:
# most of what a client costs. Nobody changes them.
_model: Final = cache(partial(JSONFileLoader.load_file, JSONFileLoader()))
_listed: Final = Loader.list_available_services
_services: Final[dict[tuple[str, ...], list[str]]] = {}


def _list_services(loader: Loader, type_name: str) -> list[str]:
    key = (type_name, *loader.search_paths)
    if key not in _services:
        _services[key] = _listed(loader, type_name)
    return list(_services[key])


setattr(JSONFileLoader, "load_file", lambda _, path: _model(path))  # noqa: B010  # mypy takes no assignment to a method
setattr(Loader, "list_available_services", _list_services)  # noqa: B010  # as above

LONGEST_FIRST: Final = (
    "test_posture",
    "test_accounts",
    "test_upgrade",
    "test_delivery",
    "test_documentation",
    "test_drill",
    "test_console",
    "test_guard",
    "test_doctor",
    "test_operator",
    "test_lake",
    "test_across_streams",
)
"""Files of tests/cloud that take longest: begun last, one of them would keep everybody waiting at the end."""
LONGEST_ALONE_FIRST: Final = (
    "test_console_in_chromium",
    "test_exactly_once",
    "test_crashes",
    "test_notices",
    "test_counts",
    "test_regions",
    "test_outages",
    "test_backtest",
    "test_starting",
    "test_gates",
    "test_tenants_end_to_end",
    "test_command_line",
    "test_outage",
    "test_engines",
)
"""The same of all others."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files first that take long; all else stays in its order."""
    ranks = [{name: place for place, name in enumerate(names)} for names in (LONGEST_FIRST, LONGEST_ALONE_FIRST)]

    def place(item: pytest.Item) -> int:
        rank = ranks[0 if _in_cloud(item) else 1]
        return rank.get(Path(item.path).stem, len(rank))

    items.sort(key=place)


def _in_cloud(item: pytest.Item) -> bool:
    return item.get_closest_marker("cloud") is not None


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """The emulator with its gaps closed and nothing deployed. Tests keep apart by using accounts of their own."""
    _require_setup()
    with Emulator(log=LOGS / "emulator.log") as running:
        yield running


@dataclass(frozen=True)
class Cloud:
    """An emulator with the guard's own template deployed. `outputs` are the stack's; it trusts the webhooks `hooks`."""

    emulator: Emulator
    outputs: dict[str, str]
    hooks: Hooks

    def client(self, service: str) -> Any:
        """A boto3 client as the root user of the account that the guard is deployed in."""
        return self.emulator.client(service)


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """The guard, deployed. One for the session: tests keep apart by using streams of their own."""
    _require_setup()
    with Emulator(log=LOGS / "cloud.log") as running, Hooks() as hooks:
        yield Cloud(
            running, deploy(running, parameters={"TrustedWebhookOrigins": hooks.origin}, log=LOGS / "sam.log"), hooks
        )


def _require_setup() -> None:
    if not PYTHON.exists():
        pytest.fail("the local cloud is not set up: run `make setup`", pytrace=False)
