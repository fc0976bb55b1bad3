"""On which resources of a stack, or of its account, an action is allowed."""

from __future__ import annotations

from typing import Final, NamedTuple


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


_WHOLE, _KEPT = 30, 24
"""Letters of a stack's name. Up to the first it stands whole in names of functions and rules, which have 64 at most:
with the longest logical name here and a random end. Of a longer one at least the second are kept: 25 of ``function:
mylongerapp-playground-ne-InstancesLifecycleHandle-1GRP3N0TVA1LD`` (convox/rack#2297)."""


def _cut(stack: str) -> str:
    """Give how the names begin that CloudFormation makes of a stack's, where 64 or 80 letters have to do."""
    return f"{stack}-" if len(stack) <= _WHOLE else stack[:_KEPT]


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
    if service == "events":
        return "rules" if name.endswith(("Rule", "Targets")) else "bus"
    if service == "lambda" and name.startswith("List"):
        return "any"
    if service == "iam" and name not in ("ListUsers", "ListRoles"):
        return "principals"
    kinds = {"cloudformation": "stack", "sqs": "queues", "sns": "topics", "lambda": "functions", "logs": "logs"}
    return {**kinds, "secretsmanager": "secrets"}.get(service, "any")


def arns_of(kind: str, place: Place) -> tuple[str, ...]:
    """The ARNs of a kind of resource. CloudFormation names tables and queues STACK-NAME-…, alarms come from ingest."""

    def arn(service: str, resource: str) -> str:
        return f"arn:{place.partition}:{service}:{place.region}:{place.account}:{resource}"

    cut = _cut(place.stack)
    if kind.endswith("Table"):
        table = arn("dynamodb", f"table/{place.stack}-{kind}-*")
        return (table,)  # which its indexes begin with as well
    if kind == "rules":  # of the default bus, and of the guard's own
        return arn("events", f"rule/{cut}*"), arn("events", f"rule/{place.stack}/*")
    if kind == "sending":
        return arn("ses", "identity/*"), arn("ses", "configuration-set/*")
    known = {
        "any": "*",  # the service knows no resource for these
        "stack": arn("cloudformation", f"stack/{place.stack}/*"),
        # The centre is a stack of its own, called after the guard's (central/samconfig.toml).
        "the centre's stack": arn("cloudformation", f"stack/{place.stack}-central/*"),
        "the centre's table": arn("dynamodb", f"table/{place.stack}-central-MembersTable-*"),
        "queues": arn("sqs", f"{cut}*"),
        "logs": arn("logs", f"log-group:/sesguard/{place.stack}/*"),
        "secrets": arn("secretsmanager", "secret:sesguard/smtp/*"),
        "topics": arn("sns", f"{place.stack}-*"),
        "functions": arn("lambda", f"function:{cut}*"),
        "bus": arn("events", f"event-bus/{place.stack}"),
        "principals": f"arn:{place.partition}:iam::{place.account}:*",  # users and roles, of any path
        "own alarms": arn("cloudwatch", f"alarm:sesguard-{place.stack}-*"),
        "alarms": arn("cloudwatch", "alarm:*"),  # reading may want the right to read all, whichever are asked for
        "sets": arn("ses", "configuration-set/*"),
        "identities": arn("ses", "identity/*"),
        "pools": arn("ses", "dedicated-ip-pool/*"),
        "SES tenants": arn("ses", "tenant/*"),
    }
    return (known[kind],)
