"""What the code of a function needs: the permissions its adapters declare, the variables its settings read."""

import json
import subprocess
import sys
from functools import cache
from typing import Final, NamedTuple

from tests.template.stack import FUNCTIONS, ROOT

# Imports a function as Lambda does, in a fresh interpreter, and prints what came with it.
_IMPORT: Final = """
import json, sys
sys.path.insert(0, sys.argv[1])
import app

VALUES = {"ALARM_TOPIC_ARN": "arn:aws:sns:eu-west-1:111122223333:alarms", "COUNT_SIMULATOR": "false",
          "DASHBOARD": "true",
          "OPERATOR_TOPIC_ARN": "arn:aws:sns:eu-west-1:111122223333:operator", "DEFAULT_MODE": "enforce",
          "HOURLY_PAUSES": "20", "HOURLY_PAUSES_SHARE": "0.05", "INCIDENT_RETENTION_DAYS": "400", "HISTORY_DAYS": "400",
          "SHIELD_MODE": "observe", "SHIELD_BOUNCE_RATE": "0.04", "SHIELD_COMPLAINT_RATE": "0.0008",
          "POSTURE_RESOLVERS": "system", "POSTURE_LOOKS": "2", "POSTURE_APART_SECONDS": "600",
          "LINK_DAYS": "30", "DEAD_LETTER_QUEUE_URLS": "https://sqs.example/a,https://sqs.example/b",
          "TRUSTED_WEBHOOK_ORIGINS": ""}

class Recorded(dict):
    def get(self, name, default=None):
        self[name] = VALUES.get(name, "guard@example.com")
        return self[name]

read = Recorded()
settings = [value for name, value in vars(app).items() if name.endswith("Settings")]
for each in settings:
    each.from_env(read)
adapters = {name: sorted(module.ACTIONS) for name, module in sys.modules.items()
            if name.startswith("sesguard.aws.") and hasattr(module, "ACTIONS")}
wiring = [app, *(module for name, module in sys.modules.items() if name.startswith("sesguard.wiring."))]
adapters |= {f"{each.__module__}.{each.__name__}": sorted(each.ACTIONS) for module in wiring
             for each in vars(module).values() if isinstance(each, type) and hasattr(each, "ACTIONS")}
print(json.dumps({"adapters": adapters, "variables": sorted(read)}))
"""


class Loaded(NamedTuple):
    """adapters: the actions that each module, or class that is wired, declares; variables: what its settings read."""

    adapters: dict[str, list[str]]
    variables: frozenset[str]

    @property
    def actions(self) -> frozenset[str]:
        return frozenset(action for actions in self.adapters.values() for action in actions)


@cache
def loaded(function: str) -> Loaded:
    done = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-c", _IMPORT, str(ROOT / FUNCTIONS[function]["CodeUri"])],
        env={"POWERTOOLS_SERVICE_NAME": "test"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return Loaded(found["adapters"], frozenset(found["variables"]))
