"""What `sam build` makes, on this machine's platform: complete, small, and without what the cloud has no use for."""

import ast
import io
import subprocess
import zipfile
from pathlib import Path

import botocore
import pytest

from localcloud.cloud import PYTHON
from localcloud.deploy import build_folder
from tests.template.stack import FUNCTIONS, ROOT

pytestmark = pytest.mark.cloud
PACKAGES = ROOT / "layers/sesguard"
LAYER = build_folder() / "SesguardLayer"
MOST_BYTES = 5_000_000


@pytest.fixture(autouse=True)
def built(cloud):
    """Deploying into the local cloud has built it."""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_finds_all_that_it_imports_in_its_folder_the_layer_and_the_runtime(function):
    # As in Lambda: the function's folder, then the layer. The runtime brings botocore, and so does this Python.
    path = [str(ROOT / FUNCTIONS[function]["CodeUri"]), str(LAYER / "python")]
    done = subprocess.run(  # noqa: S603 (our own program)
        [str(PYTHON), "-I", "-c", "import sys; sys.path[:0] = sys.argv[1:]; import app; app.handler", *path],
        env={"POWERTOOLS_SERVICE_NAME": "test"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_layer_is_under_five_megabytes_as_deployed():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in LAYER.rglob("*"):
            archive.write(path, path.relative_to(LAYER))
    assert 100_000 < len(packed.getbuffer()) < MOST_BYTES


def test_the_layer_holds_the_package_without_the_command_line_and_the_backtest():
    package = LAYER / "python" / "sesguard"
    assert (package / "detection").is_dir()
    assert not (package / "cli").exists()
    assert not (package / "backtest").exists()


def test_nothing_that_a_function_may_import_is_left_out_of_the_layer():
    """Wherever the import stands: one within a function is made when it is called, in the cloud."""
    wanted, left = (
        set(),
        [module for name in FUNCTIONS for module in imports(ROOT / FUNCTIONS[name]["CodeUri"] / "app.py")],
    )
    while left:
        module = left.pop()
        if module not in wanted:
            wanted.add(module)
            left += imports(source_of(module))
    there = LAYER / "python"
    assert len(wanted) > 200
    assert [str(it) for it in sorted(wanted) if not (there / source_of(it).relative_to(PACKAGES)).exists()] == []


def imports(source):
    """The modules of the package that a file imports, wherever it does so."""
    found = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return {name for name in found if name.startswith("sesguard") and source_of(name) is not None}


def source_of(module):
    place = PACKAGES / module.replace(".", "/")
    return next((it for it in (place.with_suffix(".py"), place / "__init__.py") if it.exists()), None)


def test_the_layer_leaves_boto3_to_the_runtime_all_but_how_ses_is_described():
    assert not (LAYER / "python" / "boto3").exists()
    assert not (LAYER / "python" / "botocore").exists()
    models = LAYER / "python" / "sesguard_models"
    assert [path.name for path in models.iterdir()] == ["sesv2"]
    # The same as in the environment of the tests.
    tested = Path(botocore.__file__).parent / "data/sesv2/2019-09-27/service-2.json.gz"
    assert (models / "sesv2/2019-09-27/service-2.json.gz").read_bytes() == tested.read_bytes()
