"""SES is called as it was tested, with the oldest and the newest botocore that a runtime may bring."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import botocore
import pytest

from sesguard.aws.clients import OperatorClients

ROOT = Path(__file__).resolve().parents[3]
OLDEST = sorted((ROOT / ".venv-sdk").glob("lib/python*/site-packages"))
# Members that SES has added since 1.40.0, which a Put replaces as a group.
DELIVERY = {
    "TlsPolicy": "OPTIONAL",
    "SendingPoolName": "main",
    "SharedPoolDeliveryMode": "REGIONAL",
    "MaxDeliverySeconds": 900,
}
SUPPRESSION = {
    "SuppressedReasons": ["BOUNCE"],
    "SuppressionScope": "TENANT",
    "ValidationOptions": {"ConditionThreshold": {"ConditionThresholdEnabled": "ENABLED"}},
}
PROGRAM = """
import json, sys
from pathlib import Path
import botocore
from botocore.awsrequest import AWSResponse
from sesguard.aws.clients import OnboardClients, new_session
from sesguard.aws.ses.calls import SesCalls
from sesguard.aws.ses.sets import SesSets

answer, models = json.loads(sys.argv[1]), Path(sys.argv[2])
sent = []

class Raw:
    def stream(self, **_):
        yield json.dumps(answer).encode()

def answered(request, **_):
    if request.method == "PUT":
        sent.append(json.loads(request.body))
    return AWSResponse(request.url, 200, {"content-type": "application/json"}, Raw())

class Open:
    def enter(self): ...
    def passed(self): ...

session = new_session(models)
session.set_credentials("key", "secret")
client = OnboardClients(session).make("sesv2", "eu-west-1")
client.meta.events.register("before-send.sesv2", answered)
sets = SesSets(SesCalls(client, Open()), "arn:aws:sns:eu-west-1:111122223333:topic")
there = sets.read_set("acme-news")
sets.put_delivery("acme-news", there.delivery._replace(tls="require"))
if "SuppressionOptions" in answer:
    sets.put_suppression("acme-news", there.suppression)
called = [name for name in '''
    create_tenant get_reputation_entity update_reputation_entity_customer_managed_status
    list_tenant_resources create_tenant_resource_association
'''.split() if hasattr(client, name)]
print(json.dumps({"version": botocore.__version__, "sent": sent, "called": len(called)}))
"""


@pytest.fixture(params=["oldest", "newest"])
def run(request, tmp_path):
    """Read a set that others made, and put its options, as onboarding does."""
    models = tmp_path / "sesguard_models"
    shutil.copytree(Path(botocore.__file__).parent / "data/sesv2", models / "sesv2")
    if request.param == "oldest" and not OLDEST:
        pytest.skip("there is no .venv-sdk: make test makes it")
    shadows = [str(OLDEST[0])] if request.param == "oldest" else []

    def with_botocore(answer, models=models):
        path = os.pathsep.join([*shadows, str(ROOT / "layers/sesguard")])
        done = subprocess.run(  # noqa: S603 (our own program)
            [sys.executable, "-c", PROGRAM, json.dumps(answer), str(models)],
            env={"PYTHONPATH": path, "AWS_EC2_METADATA_DISABLED": "true"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    with_botocore.name = request.param
    return with_botocore


def test_what_is_not_the_guards_goes_along_as_it_was(run):
    done = run({"ConfigurationSetName": "acme-news", "DeliveryOptions": DELIVERY, "SuppressionOptions": SUPPRESSION})
    delivery, suppression = done["sent"]
    assert delivery == {**DELIVERY, "TlsPolicy": "REQUIRE"}
    assert suppression == SUPPRESSION
    assert done["called"] == 5


def test_what_no_version_knows_yet_goes_along_as_well(run):
    delivery = {**DELIVERY, "NewPlainOption": "ON", "NewGroup": {"Since": 2031, "Of": [{"A": 1}]}}
    within = {"ConditionThreshold": {"ConditionThresholdEnabled": "ENABLED", "New": {"Deep": True}}}
    suppression = {**SUPPRESSION, "ValidationOptions": within, "NewList": ["a"]}
    done = run({"ConfigurationSetName": "acme-news", "DeliveryOptions": delivery, "SuppressionOptions": suppression})
    assert done["sent"] == [{**delivery, "TlsPolicy": "REQUIRE"}, suppression]


def test_the_oldest_botocore_loses_nothing_even_without_the_model_that_was_tested(run, tmp_path):
    done = run({"ConfigurationSetName": "a", "DeliveryOptions": DELIVERY}, tmp_path / "none")
    assert done["sent"] == [{**DELIVERY, "TlsPolicy": "REQUIRE"}]
    assert (done["version"] == botocore.__version__) is (run.name == "newest")


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({"AWS_REGION": "eu-west-3"}, "eu-west-3"),
        ({"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        ({"AWS_REGION": "eu-west-3", "AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-3"),
        ({}, None),
    ],
)
def test_an_operator_says_the_region_as_to_the_aws_cli(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], region: str | None
) -> None:
    """botocore alone does not read AWS_REGION, which the hint for want of a region names."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert OperatorClients().session.get_config_variable("region") == region
    assert OperatorClients(region="us-east-1").session.get_config_variable("region") == "us-east-1"
