"""What has been sent is remembered in IdempotencyTable, by Powertools."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
)

from sesguard.errors import AwsError
from sesguard.notify.notification import REMEMBERED

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACTIONS: Final = frozenset({"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"})


class PowertoolsOnce:
    """The port ``Once``. After a crash in the middle of an action, it is run again once its time is over."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._config = IdempotencyConfig(expires_after_seconds=int(REMEMBERED.total_seconds()))
        store = DynamoDBPersistenceLayer(table_name=table, boto3_client=client)

        def run(key: str, action: Callable[[], None]) -> None:  # noqa: ARG001  # Powertools reads it from the call
            action()

        self._run: Callable[..., Any] = idempotent_function(
            run, data_keyword_argument="key", persistence_store=store, config=self._config, key_prefix="notice"
        )

    def register(self, context: Any) -> None:  # noqa: ANN401  # Powertools' own type of it is Any
        """Tell how much time this invocation has left: an action that is cut off may run again after that."""
        self._config.register_lambda_context(context)

    def do(self, key: str, action: Callable[[], None]) -> None:
        try:
            self._run(key=key, action=action)
        except IdempotencyAlreadyInProgressError:
            raise AwsError("Idempotency", "AlreadyInProgress", retryable=True) from None
        except (IdempotencyInconsistentStateError, IdempotencyPersistenceLayerError) as error:
            raise AwsError("Idempotency", type(error.__cause__ or error).__name__, retryable=True) from None
