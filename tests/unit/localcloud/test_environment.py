"""What a local cloud takes from the environment of whoever starts it: nothing of AWS, and no proxy on the way to it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from botocore.session import Session

from localcloud import environment, shell
from localcloud.environment import isolated, past_proxies

USERS = {
    "PATH": "/bin",
    "AWS_PROFILE": "prod",
    "AWS_SESSION_TOKEN": "a real one",
    "AWS_ENDPOINT_URL_DYNAMODB": "https://dynamodb.eu-central-1.amazonaws.com",
    "AWS_RETRY_MODE": "no such mode",
    "SESGUARD_STACK": "prod",
    "SESGUARD_SAME_EXAMPLES": "1",
    "PYTHONPATH": "/somewhere/else",
    "PYTHONIOENCODING": "cp1252",
    "https_proxy": "http://proxy.example:3128",
}


def test_nothing_of_the_users_aws_and_python_is_left():
    made = isolated(USERS)
    assert {name for name in made if name.startswith("AWS_")} == {
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_EC2_METADATA_DISABLED",
    }
    assert made["AWS_CONFIG_FILE"] == made["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert not made.keys() & {"SESGUARD_STACK", "PYTHONPATH", "PYTHONIOENCODING"}
    assert made["PATH"] == "/bin"
    assert made["SESGUARD_SAME_EXAMPLES"] == "1"


def test_the_process_itself_meets_neither_a_profile_nor_what_its_file_says(monkeypatch):
    monkeypatch.setattr(os, "environ", dict(USERS))
    environment.isolate()
    assert os.environ == isolated(USERS)


def test_no_credentials_are_found_in_what_is_left(tmp_path):
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[prod]\naws_access_key_id=A\naws_secret_access_key=B\n")
    find = "from botocore.session import Session; print(Session().get_credentials())"
    found = {}
    for name, given in (("theirs", {**USERS, "AWS_RETRY_MODE": ""}), ("left", isolated(USERS))):
        done = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, "-c", find],
            env={**given, "HOME": str(tmp_path), "PYTHONPATH": ""},
            capture_output=True,
            text=True,
            check=True,
        )
        found[name] = done.stdout.strip()
    assert found["theirs"] != "None"
    assert found["left"] == "None"


@pytest.mark.parametrize(
    ("given", "hosts"),
    [
        ({}, "127.0.0.1"),
        ({"NO_PROXY": "intranet.example"}, "127.0.0.1,intranet.example"),
        ({"no_proxy": "a.example", "NO_PROXY": "b.example"}, "127.0.0.1,a.example"),
        ({"no_proxy": "a.example, 127.0.0.1"}, "a.example, 127.0.0.1"),
    ],
)
def test_this_machine_is_reached_past_any_proxy(given, hosts):
    assert past_proxies(given) == {"no_proxy": hosts, "NO_PROXY": hosts}


def test_what_to_paste_goes_past_the_proxy_that_there_is(tmp_path):
    shell.write("http://127.0.0.1:4566", tmp_path / "env", USERS)
    said = subprocess.run(  # noqa: S603  # our own lines
        ["/bin/sh", "-c", f'. {tmp_path}/env; echo "$no_proxy $NO_PROXY $AWS_PROFILE $AWS_SESSION_TOKEN"'],
        env={**USERS, "NO_PROXY": "intranet.example"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said == "127.0.0.1,intranet.example 127.0.0.1,intranet.example  \n"
    assert not any("proxy" in line for line in shell.exports("http://127.0.0.1:4566", {}))


def test_botocore_takes_the_list_of_hosts_as_it_is_written(monkeypatch):
    monkeypatch.setattr(os, "environ", isolated(USERS))
    client = Session().create_client(
        "sts", "us-east-1", endpoint_url="http://127.0.0.1:9", aws_access_key_id="a", aws_secret_access_key="b"
    )
    assert client._endpoint.http_session._proxy_config._proxies == {}
