"""Wire the redriving of dead letters to AWS."""

from __future__ import annotations

from sesguard.aws.redrive import SOURCES, DeadLetter, SqsRedrive, by_cause
from sesguard.wiring.operator import Guard

__all__ = ["SOURCES", "DeadLetter", "SqsRedrive", "by_cause", "redriving"]


def redriving(guard: Guard) -> SqsRedrive:
    """Find the queues of the guard's stack. Raises AwsError."""
    clients = guard.clients
    return SqsRedrive.of_stack(clients.make("cloudformation"), clients.make("sqs"), guard.stack.name)
