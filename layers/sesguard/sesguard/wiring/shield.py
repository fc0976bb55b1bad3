"""Wire the account shield to AWS."""

from __future__ import annotations

from sesguard.account.shield import Shield
from sesguard.aws.clients import WORKERS, Clients
from sesguard.aws.counts.account_reader import DynamoAccount
from sesguard.aws.ses.identities import SesIdentities
from sesguard.aws.settings import ShieldSettings
from sesguard.aws.workers import Workers
from sesguard.stream import StreamId


def shielding(settings: ShieldSettings, cohorts_table: str, account: str, region: str, clients: Clients) -> Shield:
    """Everything over AWS. ``account``, ``region``: whose rates are watched, where the guard itself runs."""
    return Shield(
        home=StreamId(account, region, ""),
        account=DynamoAccount(clients, cohorts_table, Workers(WORKERS)),
        identities=SesIdentities(clients.sesv2),
        lines=settings.shield_lines,
        mode=settings.shield_mode,
    )
