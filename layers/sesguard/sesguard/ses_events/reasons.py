"""The names of what can become of a body: why an event counts or does not, why a body is ignored or rejected."""

from __future__ import annotations

from enum import StrEnum

from sesguard.errors import SesguardError


class Why(StrEnum):
    """Why an observation counts for what it counts: the phrase that people read."""

    SENT = "recipients the mail was sent to"
    DELIVERED = "recipients the mail was delivered to; the volume where no Send events are published"
    HARD_BOUNCE = "hard bounce"
    GLOBALLY_SUPPRESSED = "hard bounce: the address is on the global suppression list, which SES counts"
    UNKNOWN_SUBTYPE = "hard bounce of a subtype the guard does not know: counted and reported"
    SUPPRESSED_BY_ACCOUNT = "the account's suppression list stopped the mail: not counted, as in SES"
    SUPPRESSED_BY_TENANT = "the tenant's suppression list stopped the mail: not counted, as in SES"
    SUPPRESSED_BY_VALIDATION = "address validation stopped the mail: not counted, as nothing was sent"
    SUPPRESSED_BY_SUBSCRIPTION = "the recipient has unsubscribed, so the mail was stopped: not counted"
    SOFT_BOUNCE = "soft bounce: only hard bounces count"
    UNDETERMINED = "bounce of undetermined kind: only hard bounces count"
    UNKNOWN_BOUNCE_TYPE = "bounce of a type the guard does not know: not counted, but reported"
    COMPLAINT = "one complaint, however many recipients it lists"
    UNKNOWN_COMPLAINT_SUBTYPE = "complaint of a subtype the guard does not know: counted and reported"
    NOT_SPAM = "the recipient said that the mail is not spam"
    COMPLAINT_SUPPRESSED = "a suppression list stopped the mail for an older complaint: not counted again"
    SIMULATOR = "mail to the SES mailbox simulator"
    NO_OUTCOME = "neither volume nor an outcome that is held against a sender"


REPORTED = frozenset({Why.UNKNOWN_SUBTYPE, Why.UNKNOWN_BOUNCE_TYPE, Why.UNKNOWN_COMPLAINT_SUBTYPE})
"""What the operator should hear of, because SES says something that the guard does not know."""


class IgnoredReason(StrEnum):
    """What a body is that is no business of the guard's."""

    SNS_SUBSCRIPTION = "sns_subscription"
    TOPIC_VALIDATED = "topic_validated"
    PLAIN_TEXT = "plain_text"
    TEST_MESSAGE = "test_message"
    CLOUDWATCH_ALARM = "cloudwatch_alarm"
    SENDING_STATUS = "sending_status"
    ADVISOR_RECOMMENDATION = "advisor_recommendation"
    OTHER_SOURCE = "other_source"
    INBOUND_MAIL = "inbound_mail"
    UNKNOWN_EVENT_TYPE = "unknown_event_type"
    NOT_AN_EVENT = "not_an_event"
    COUNTS_FOR_NOTHING = "counts_for_nothing"


NO_MESSAGE = frozenset({IgnoredReason.PLAIN_TEXT, IgnoredReason.NOT_AN_EVENT})
"""What a queue may hold, but no record of mail."""


class RejectedReason(StrEnum):
    """What is wrong with a body that should have been an SES event."""

    NOT_JSON = "not_json"
    TOO_DEEP = "too_deep"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    MISSING_FIELD = "missing_field"
    SEND_TIME = "send_time"
    RECIPIENTS = "recipients"
    CONFIGURATION_SET = "configuration_set"
    ACCOUNT = "account"
    REGION = "region"
    SEVERAL_RECORDS = "several_records"
    WRAPPED = "wrapped"


class UnreadableError(SesguardError):
    """Inside this package only: the body being read is to be Rejected with this ``reason`` and ``detail``."""

    def __init__(self, reason: RejectedReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def missing(field: str) -> UnreadableError:
    return UnreadableError(RejectedReason.MISSING_FIELD, f"{field}: missing")
