"""Wire the lake's transform."""

from __future__ import annotations

from sesguard.aws.clients import Clients
from sesguard.aws.settings import LakeSettings
from sesguard.aws.signing_key import SigningKey
from sesguard.lake.flatten import Flattener
from sesguard.lake.personal import PersonalFields, hashing
from sesguard.ses_events.context import Context

__all__ = ["SigningKey", "flattening"]


def flattening(settings: LakeSettings, context: Context) -> Flattener:
    """Make what reads events for the lake; the key of hashes is read only where there are any. Raises AwsError."""
    if settings.personal_fields is not PersonalFields.HASH:
        return Flattener(context, settings.personal_fields)
    key = SigningKey(Clients(), settings.lake_key_secret).read()
    return Flattener(context, settings.personal_fields, hashing(key))
