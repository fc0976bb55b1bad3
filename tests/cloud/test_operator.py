"""The operator's commands as an operator runs them: a process of its own, against the deployed guard."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from localcloud.cloud import ACCOUNT, REGION
from sesguard.wiring.permissions import COMMANDS
from tests.cloud.command import sesguard
from tests.cloud.conftest import Platform
from tests.cloud.test_guard import an_alarm

pytestmark = pytest.mark.cloud
ROOT_ARN = f"arn:aws:iam::{ACCOUNT}:root"


class Operator:
    """Runs ``sesguard`` with the emulator's credentials."""

    def __init__(self, platform: Platform) -> None:
        self._environment = platform.cloud.emulator.environment()

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return sesguard({**self._environment, **environment}, *words)

    def json(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.returncode in (0, 4), done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def operator(platform: Platform) -> Operator:
    return Operator(platform)


def test_a_healthy_stream_is_held_and_resumed_and_the_record_says_who_and_why(
    platform: Platform, operator: Operator
) -> None:
    stream = platform.stream(owner="owner@held.example")
    platform.send_good(stream)
    assert operator.json("hold", stream, "--reason", "ticket 12")["to"] == "held"
    assert not platform.send(stream, "somebody@inbox.example")
    listed = {it["stream"]: it for it in operator.json("status")["streams"]}
    assert listed[f"{ACCOUNT}/{REGION}/{stream}"]["waits_for"] == [{"what": "operator", "until": None}]
    assert operator.json("resume", stream, "--reason", "the list is clean")["to"] == "probation"
    assert platform.send(stream, "somebody@inbox.example")
    (incident,) = operator.json("incidents", stream)["incidents"]
    words = [(it["command"], it["who"], it["why"]) for it in incident["entries"] if "who" in it]
    assert words == [("hold", ROOT_ARN, "ticket 12"), ("resume", ROOT_ARN, "the list is clean")]
    platform.wait_until(lambda: len(platform.mails_to("owner@held.example")) >= 2, "the owner is told of both")


def test_a_paused_stream_is_explained_acknowledged_and_shown(platform: Platform, operator: Operator) -> None:
    stream = platform.stream(policy={"cool_down": "2h"})
    platform.send_bad(stream)
    platform.wait_until(lambda: not platform.may_send(stream), "the stream is paused")
    explained = operator.run("explain", stream)
    assert explained.returncode == 0
    assert "of 48 mails sent" in explained.stdout
    waits = operator.json("acknowledge", stream, "--reason", "the import is deleted")["waits_for"]
    assert [wait["what"] for wait in waits] == ["cool_down"]
    shown = operator.json("stream", "show", stream)
    assert (shown["sending"], shown["alarm"]["value"], shown["overrides"]) == ("off", "ALARM", ["cool_down"])
    assert shown["counts"]["hour"]["bounces"] == 48
    assert operator.run("status").returncode == 4


def test_an_export_is_one_whole_incident_a_line(platform: Platform, operator: Operator) -> None:
    stream = platform.stream()
    operator.run("hold", stream, "--reason", "drill")
    lines = [json.loads(line) for line in operator.run("incidents", "--export").stdout.splitlines()]
    (incident,) = [it for it in lines if it["stream"].endswith(f"/{stream}")]
    assert incident["status"] == "held"
    assert [it["kind"] for it in incident["entries"]][:3] == ["decided", "done", "announced"]


@pytest.mark.parametrize(
    ("words", "environment", "code", "said"),
    [
        (("explain", "no-such-set"), {}, 1, "there is no stream"),
        (("hold", "no-such-set"), {}, 1, "there is no stream"),
        (("hold", "a b", "--reason", "x"), {}, 2, "is no configuration set"),
        (
            ("status", "--stack-name", "another"),
            {},
            3,
            f"stack 'another' does not exist in account {ACCOUNT}, region us-east-1",
        ),
        (("status",), {"SESGUARD_STACK": "another"}, 3, "stack 'another' does not exist"),
        (("status", "--region", "eu-west-1"), {}, 3, "region eu-west-1"),
        (("status", "--profile", "nobody"), {}, 2, "nobody"),
        (("status", "--endpoint-url", "http://127.0.0.1:9"), {}, 3, "nothing answers there"),
        (("status", "--endpoint-url", "nowhere"), {}, 2, "nowhere"),
        (("status",), {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, 2, "credentials"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_with_an_exit_code_of_its_own(
    operator: Operator, words: tuple[str, ...], environment: dict[str, str], code: int, said: str
) -> None:
    done = operator.run(*words, **environment)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


# ---- under exactly the policy that "sesguard permissions" prints


COMMANDS_UNDER_THEIR_POLICY = (
    ("status",),
    ("show", "STREAM"),
    ("explain", "STREAM"),
    ("incidents", "STREAM"),
    ("cost",),
    ("errors",),
    ("redrive", "--dry-run"),
    ("redrive", "--yes"),
    ("doctor", "--sample", "2"),
    ("backlog", "list"),
    ("backlog", "dismiss", "STREAM", "--reason", "x"),
    ("hold", "STREAM", "--reason", "x"),
    ("release", "STREAM", "--reason", "x"),
    ("resume", "STREAM", "--reason", "x"),
    ("acknowledge", "STREAM", "--reason", "x"),
    ("tenants", "list"),
    ("tenants", "status"),
    ("tenants", "export"),
    ("tenants", "plan", "FILE"),
    ("tenants", "apply", "FILE", "--yes", "--repair"),
    ("tenants", "show", "of-permissions"),
    ("tenants", "repair", "of-permissions"),
    ("report", "of-permissions"),
    ("posture", "--tenant", "of-permissions"),
    ("tenants", "pools", "list"),
    ("tenants", "smtp", "create", "of-permissions-news", "--policy"),
    ("tenants", "smtp", "create", "of-permissions-news"),
    ("tenants", "smtp", "revoke", "of-permissions-news", "--yes"),
    ("tenants", "remove", "of-permissions", "--yes"),
    ("notices", "reset", "--yes"),
)


def test_a_user_without_a_policy_may_do_nothing(platform: Platform, operator: Operator) -> None:
    nothing = (
        '{"Version": "2012-10-17", "Statement": '
        '[{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]}'
    )
    done = operator.run("status", **platform.keys_for(nothing, "nobody"))
    assert done.returncode == 3
    assert "AccessDenied" in done.stderr


def test_each_command_works_under_exactly_the_policy_that_is_printed_for_it(
    platform: Platform, operator: Operator, tmp_path: Path
) -> None:
    stream = platform.stream()
    platform.send_good(stream)
    platform.ses.create_dedicated_ip_pool(PoolName="of-permissions", ScalingMode="STANDARD")
    platform.ses.put_dedicated_ip_in_pool(Ip="198.51.100.21", DestinationPoolName="of-permissions")
    platform.ses.create_email_identity(EmailIdentity="permissions.example")
    file = tmp_path / "tenants.yaml"
    file.write_text(
        "tenants:\n  - id: of-permissions\n    contacts: [owner@permissions.example]\n"
        "    streams: [{configuration_set: of-permissions-news, identities: [permissions.example]}]\n"
    )
    body = json.dumps(an_alarm("Sesguard", "Risk", {"ses:configuration-set": stream}, value="OK"))
    sqs, set_aside = platform.cloud.client("sqs"), platform.physical("AlarmDeadLetters")
    sqs.send_message(QueueUrl=set_aside, MessageBody=body)
    refused, codes = {}, {}
    for number, words in enumerate(COMMANDS_UNDER_THEIR_POLICY):
        command = next(name for end in (3, 2, 1) if (name := " ".join(words[:end])) in COMMANDS)
        policy = operator.run("permissions", command, "--account", ACCOUNT, "--region", REGION).stdout
        named = [{"STREAM": stream, "FILE": str(file)}.get(word, word) for word in words]
        done = operator.run(*named, **platform.keys_for(policy, f"operator-{number}"))
        if done.returncode not in {0, 1, 4, 5} or "AccessDenied" in done.stdout + done.stderr:
            refused[command] = done.stderr + done.stdout
        codes[" ".join(words[:3])] = done.returncode
    assert not refused, "\n".join(refused.values())
    assert codes["redrive --yes"] == codes["tenants smtp revoke"] == 0
    assert codes["tenants smtp create"] in {0, 4}  # 4 while the set is not the identity's default yet
    assert platform.waiting(set_aside) == 0
