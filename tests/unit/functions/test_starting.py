"""What a function loads and makes while it starts, before it is asked for anything."""

import json
import subprocess
import sys
from functools import cache

import pytest

from tests.template.loaded import loaded
from tests.template.stack import FUNCTIONS, ROOT

PROGRAM = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
os.environ.update(json.loads(sys.argv[2]))
from botocore.session import Session
made, create = [], Session.create_client

def recorded(self, name, *args, **kwargs):
    made.append(name)
    return create(self, name, *args, **kwargs)

Session.create_client = recorded
import app
print(json.dumps({"made": made, "boto3": "boto3" in sys.modules, "asyncio": "asyncio" in sys.modules}))
"""
VALUES = {
    "ALARM_TOPIC_ARN": "arn:aws:sns:eu-west-1:111122223333:alarms",
    "OPERATOR_TOPIC_ARN": "arn:aws:sns:eu-west-1:111122223333:operator",
    "COUNT_SIMULATOR": "false",
    "DASHBOARD": "true",
    "DEFAULT_MODE": "enforce",
    "HOURLY_PAUSES": "20",
    "HOURLY_PAUSES_SHARE": "0.05",
    "INCIDENT_RETENTION_DAYS": "400",
    "HISTORY_DAYS": "400",
    "SHIELD_MODE": "observe",
    "SHIELD_BOUNCE_RATE": "0.04",
    "SHIELD_COMPLAINT_RATE": "0.0008",
    "LINK_DAYS": "30",
    "TRUSTED_WEBHOOK_ORIGINS": "",
    "DEAD_LETTER_QUEUE_URLS": "https://sqs.example/a",
}


@cache
def started(function):
    environment = {name: VALUES.get(name, "guard@example.com") for name in loaded(function).variables}
    environment |= {"AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}
    environment |= {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "POWERTOOLS_SERVICE_NAME": "test"}
    done = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-c", PROGRAM, str(ROOT / FUNCTIONS[function]["CodeUri"]), json.dumps(environment)],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_makes_its_clients_while_it_starts_when_lambda_gives_it_more_cpu(function):
    assert "dynamodb" in started(function)["made"]


@pytest.mark.parametrize("function", ["EnforceFunction", "SweepFunction"])
def test_who_pauses_can_call_ses_at_once(function):
    assert {"dynamodb", "sesv2", "events"} <= set(started(function)["made"])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_loads_boto3(function):
    assert not started(function)["boto3"]
