"""Objects of S3 as files."""

from __future__ import annotations

import shutil
import tempfile
from io import BufferedRandom
from typing import Any, Final

from sesguard.aws.clients import calling
from sesguard.errors import AwsError

ACTIONS: Final = frozenset({"s3:ListBucket", "s3:GetObject"})
_ADDRESS: Final = "s3://"


class S3Objects:
    """Lists and reads objects by ``s3://bucket/key``, with an S3 client."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401  # its stubs are not among the project's
        self._client = client

    def below(self, prefix: str) -> list[str]:
        """List the objects whose names begin with ``prefix``, by name. Raises AwsError."""
        bucket, key = _parts(prefix)
        with calling("ListObjectsV2"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
            return [f"{_ADDRESS}{bucket}/{each['Key']}" for page in pages for each in page.get("Contents", ())]

    def open(self, name: str) -> BufferedRandom:
        """Do as ``fetch``, but raise OSError, as for any file."""
        try:
            return self.fetch(name)
        except AwsError as problem:
            raise OSError(str(problem)) from None

    def fetch(self, name: str) -> BufferedRandom:
        """Copy an object into a temporary file, which is gone once it is closed. Raises AwsError."""
        bucket, key = _parts(name)
        copy = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever asked for it
        try:
            with calling("GetObject"):
                shutil.copyfileobj(self._client.get_object(Bucket=bucket, Key=key)["Body"], copy)
        except AwsError:
            copy.close()
            raise
        copy.seek(0)
        return copy


def _parts(address: str) -> tuple[str, str]:
    bucket, _, key = address.removeprefix(_ADDRESS).partition("/")
    return bucket, key
