"""Wire a backtest to what it may read in AWS: objects in S3, and a lake through Athena."""

from __future__ import annotations

from sesguard.aws.athena import AthenaQueries
from sesguard.aws.clients import OperatorClients
from sesguard.aws.objects import S3Objects

__all__ = ["AthenaQueries", "S3Objects", "open_athena", "open_objects"]


def open_objects(profile: str | None, region: str | None, endpoint: str | None) -> S3Objects:
    """Read S3 with the credentials of whoever asks. Raises ConfigurationError."""
    return S3Objects(OperatorClients(profile or "", region or "", endpoint).make("s3"))


def open_athena(profile: str | None, region: str | None, endpoint: str | None, workgroup: str) -> AthenaQueries:
    """Query the lake through a workgroup of Athena. Raises ConfigurationError."""
    clients = OperatorClients(profile or "", region or "", endpoint)
    return AthenaQueries(clients.make("athena"), S3Objects(clients.make("s3")), workgroup)
