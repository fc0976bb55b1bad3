"""On which resources of a stack, or of its account, an action is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from sesguard.aws.drill import name_below
from sesguard.aws.redrive import SOURCES, STAYING
from sesguard.stream import DRILL


class Place(NamedTuple):
    """Where a stack is; ``*`` for any account or region."""

    stack: str
    account: str = "*"
    region: str = "*"

    @property
    def partition(self) -> str:
        """The partition of the region.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
        """
        beginnings = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}
        known = (name for beginning, name in beginnings.items() if self.region.startswith(beginning))
        return next(known, "aws")


_OF_NOTHING: Final = frozenset(
    """
    ses:GetAccount ses:BatchGetMetricData ses:GetDedicatedIp ses:GetDedicatedIps cloudwatch:GetMetricData
    sns:Unsubscribe
    """.split()
)
"""Actions that know no resource; the last is of a subscription, which is none. BatchGetMetricData knows identities and
configuration sets, and is asked about neither: it has to be allowed on ``*`` for sums of the account. What addresses
there are is asked of the account, too: the name of a pool is a filter (docs/aws-assumptions.md, A79)."""


_WHOLE, _KEPT = 23, 24
"""Letters of a stack's name. Up to the first it stands whole in the names that CloudFormation makes: those of rules and
functions have 64 at most, with the longest logical name here and a random end. Of a longer one at least the second are
kept: 25 of ``function:mylongerapp-playground-ne-InstancesLifecycleHandle-1GRP3N0TVA1LD`` (convox/rack#2297)."""


def _made(stack: str, logical: str = "") -> str:
    """Give a pattern of the name that CloudFormation makes for a stack's resource, or for all of them.

    With ``logical`` it is no other stack's. Without, and of what it cuts, it is that of others that begin alike, too:
    all that ``sesguard permissions`` lets change anything there is the guard's by its logical name.
    """
    if len(stack) > _WHOLE:
        return f"{stack[:_KEPT]}*"
    return f"{stack}-{logical}-*" if logical and "*" not in stack else f"{stack}-*"


_KINDS: Final = {
    "cloudformation": "stack",
    "sqs": "dead letters",
    "sqs:SendMessage": "redriven queues",
    "sqs:GetQueueAttributes": "queues",
    "sns": "topics",
    "lambda": "functions",
    "logs": "logs",
    "secretsmanager": "secrets",
    "events": "schedules",
    "events:DescribeRule": "rules",
    "events:PutEvents": "bus",
}


def kind_of(action: str) -> str:
    """Name on what AWS allows an action: a key of :func:`arns_of`.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
    """
    service, _, name = action.partition(":")
    if action == "ses:SendEmail":
        return "sending"
    if action in _OF_NOTHING:
        return "any"
    if service == "ses" and not name.startswith("List"):
        kinds = {"ConfigurationSet": "sets", "EmailIdentity": "identities", "DedicatedIp": "pools"}
        return next((kind for part, kind in kinds.items() if part in name), "SES tenants")
    if service == "cloudwatch":
        return "alarms" if name == "DescribeAlarms" else "own alarms"
    if service == "lambda" and name.startswith("List"):
        return "any"
    if service == "iam" and name not in ("ListUsers", "ListRoles"):
        return "principals" if name == "SimulatePrincipalPolicy" else "SMTP users"
    return _KINDS.get(action) or _KINDS.get(service, "any")


_EVERY: Final = ("",)
_MADE: Final[Mapping[str, tuple[str, str, Iterable[str]]]] = {
    "dead letters": ("sqs", "", (*SOURCES, *STAYING)),
    "redriven queues": ("sqs", "", SOURCES.values()),
    "topics": ("sns", "", ("AlarmTopic", "OperatorTopic", "SesEventsTopic")),
    "schedules": ("events", "rule/", ("OnboardFunctionEveryMinute", "SweepFunctionEveryMinute")),
    # What only reads may read those of stacks that begin alike: 30 names more would make policies too long for IAM.
    "queues": ("sqs", "", _EVERY),
    "rules": ("events", "rule/", _EVERY),
    "functions": ("lambda", "function:", _EVERY),
}
"""What CloudFormation names, by kind: the service, how its resources begin, and their logical names."""


def arns_of(kind: str, place: Place) -> tuple[str, ...]:
    """The ARNs of a kind of resource."""

    def arn(service: str, resource: str) -> str:
        return f"arn:{place.partition}:{service}:{place.region}:{place.account}:{resource}"

    if kind.endswith("Table"):
        table = arn("dynamodb", f"table/{place.stack}-{kind}-*")
        return (table,)  # which its indexes begin with as well
    if kind in _MADE:
        service, before, names = _MADE[kind]
        made = dict.fromkeys(arn(service, before + _made(place.stack, name)) for name in names)
        return (*made, arn("events", f"rule/{place.stack}/*")) if kind == "rules" else tuple(made)  # of the bus, too
    if kind == "sending":
        return arn("ses", "identity/*"), arn("ses", "configuration-set/*")
    drill = name_below(place.stack, DRILL + "?" * 10)
    known = {
        "any": "*",  # the service knows no resource for these
        "stack": arn("cloudformation", f"stack/{place.stack}/*"),
        # The centre is a stack of its own, called after the guard's (central/samconfig.toml).
        "the centre's stack": arn("cloudformation", f"stack/{place.stack}-central/*"),
        "the centre's table": arn("dynamodb", f"table/{place.stack}-central-MembersTable-*"),
        "a drill's queue": arn("sqs", drill),
        "a drill's rule": arn("events", f"rule/{place.stack}/{drill}"),
        "logs": arn("logs", f"log-group:/sesguard/{place.stack}/*"),
        "secrets": arn("secretsmanager", f"secret:sesguard/smtp/{place.region}/*"),
        "bus": arn("events", f"event-bus/{place.stack}"),
        "principals": f"arn:{place.partition}:iam::{place.account}:*",  # users and roles, of any path
        "SMTP users": f"arn:{place.partition}:iam::{place.account}:user/sesguard-{place.region}-*",
        # Then comes the stream's account: so they are not those of a stack STACK-test.
        "own alarms": arn("cloudwatch", f"alarm:sesguard-{place.stack}-{'?' * 12}-*"),
        "alarms": arn("cloudwatch", "alarm:*"),  # reading may want the right to read all, whichever are asked for
        "sets": arn("ses", "configuration-set/*"),
        "identities": arn("ses", "identity/*"),
        "pools": arn("ses", "dedicated-ip-pool/*"),
        "SES tenants": arn("ses", "tenant/*"),
    }
    return (known[kind],)
