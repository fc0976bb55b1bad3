"""The names of the configuration sets that SES has in the guard's own account and region."""

from __future__ import annotations

from typing import Final

from sesguard.aws.boto_types import SESV2Client
from sesguard.aws.clients import calling
from sesguard.aws.ses.calls import APART, CallRate, every

ACTIONS: Final = frozenset({"ses:ListConfigurationSets"})
# As many as SES gives at once, because it takes one such call a second:
# https://docs.aws.amazon.com/ses/latest/APIReference/API_ListConfigurationSets.html
_A_PAGE: Final = 1_000


def configuration_sets(client: SESV2Client, pace: CallRate | None = None) -> list[str]:
    """All names, sorted; a page a second. Raises AwsError."""
    with calling("ListConfigurationSets"):
        pages = every(client.list_configuration_sets, "ConfigurationSets", pace or CallRate(APART), PageSize=_A_PAGE)
        return sorted(pages)
