"""``--local``: the local cloud that ``make run`` has started, by the file that it leaves."""

from __future__ import annotations

import pytest

from sesguard.cli import connect
from sesguard.cli.local_cloud import LocalCloud, LocalCloudError, find_local_cloud
from sesguard.cli.main import main
from sesguard.errors import AwsError
from tests.fakes.guard import a_guard
from tests.fakes.world import Memory

ENV = """\
# written by make run
export AWS_ENDPOINT_URL=http://127.0.0.1:4566
export AWS_ACCESS_KEY_ID=111122223333
export AWS_SECRET_ACCESS_KEY='local'
export AWS_REGION=us-east-1
export AWS_DEFAULT_REGION=us-east-1
"""
CLOUD = LocalCloud("http://127.0.0.1:4566", ("111122223333", "local"), "us-east-1")


@pytest.fixture
def project(tmp_path):
    (tmp_path / ".localcloud").mkdir()
    (tmp_path / ".localcloud" / "env").write_text(ENV, encoding="utf-8")
    return tmp_path


@pytest.fixture
def opened(monkeypatch):
    """With what the guard was opened."""
    calls = []

    def open_guard(stack_name, **where):
        calls.append((stack_name, where))
        return a_guard(Memory())

    monkeypatch.setattr(connect, "open_guard", open_guard)
    return calls


@pytest.mark.parametrize("folder", ["", "src/deep"])
def test_the_file_is_found_in_this_folder_and_those_above(project, folder):
    (project / folder).mkdir(parents=True, exist_ok=True)
    assert find_local_cloud(project / folder) == CLOUD


def test_without_a_file_it_says_how_to_start_the_local_cloud(tmp_path):
    with pytest.raises(LocalCloudError, match="make run starts the local cloud"):
        find_local_cloud(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not say AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION"),
        (ENV.replace("export AWS_ACCESS_KEY_ID=111122223333\n", ""), "does not say AWS_ACCESS_KEY_ID"),
        ("export AWS_ENDPOINT_URL='http", "cannot be read"),
        ("\0=\udcff", "does not say"),
    ],
)
def test_a_file_that_is_not_whole_says_what_is_missing(project, text, said):
    (project / ".localcloud" / "env").write_text(text, encoding="utf-8", errors="replace")
    with pytest.raises(LocalCloudError, match=said):
        find_local_cloud(project)


@pytest.mark.parametrize("words", [["--local", "status"], ["status", "--local"]])
def test_it_may_stand_before_the_command_and_behind_it(project, monkeypatch, opened, words):
    monkeypatch.chdir(project)
    assert main(words) == 0
    assert opened == [
        ("sesguard", {"region": CLOUD.region, "endpoint": CLOUD.endpoint, "keys": CLOUD.keys}),
    ]


def test_the_environment_says_it_too(project, monkeypatch, opened):
    monkeypatch.chdir(project)
    monkeypatch.setenv("SESGUARD_LOCAL", "1")
    assert main(["status"]) == 0
    assert opened[0][1]["endpoint"] == CLOUD.endpoint


def test_a_variable_that_is_empty_says_nothing(project, monkeypatch, opened):
    monkeypatch.chdir(project)
    monkeypatch.setenv("SESGUARD_LOCAL", "")
    monkeypatch.setenv("SESGUARD_STACK", "")
    assert main(["status"]) == 0
    assert opened == [("sesguard", {"profile": None, "region": None, "endpoint": None})]


def test_other_options_have_the_last_word(project, monkeypatch, opened):
    monkeypatch.chdir(project)
    main(
        ["--local", "status", "--endpoint-url", "http://127.0.0.1:1", "--stack-name", "other", "--region", "eu-west-1"]
    )
    ((stack, where),) = opened
    assert (stack, where["endpoint"], where["region"]) == ("other", "http://127.0.0.1:1", "eu-west-1")


def test_a_local_cloud_that_is_not_up_is_said_to_be_so(project, monkeypatch, capsys):
    def unanswered(*_, **__):
        raise AwsError("DescribeStacks", "EndpointConnectionError", retryable=True)

    monkeypatch.chdir(project)
    monkeypatch.setattr(connect, "open_guard", unanswered)
    assert main(["--local", "status"]) == 3
    assert "the local cloud is not up: make run" in capsys.readouterr().err


def test_a_folder_that_is_gone_is_said_to_be_so(tmp_path, monkeypatch, capsys):
    (gone := tmp_path / "gone").mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert main(["--local", "status"]) == 2
    assert capsys.readouterr().err == "sesguard: --local: the folder that this is started in is gone\n"


def test_a_command_that_needs_no_aws_knows_no_local_cloud(capsys):
    assert main(["--local", "parse", "x"]) == 2
    assert "there is no option --local" in capsys.readouterr().err
