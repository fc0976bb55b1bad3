"""What is counted of a minute of a stream's mail, and the volume that it comes to."""

from __future__ import annotations

from sesguard.detection.breakdown import DAY

Bucket = list[int]

# Deliveries are compared with the sends of their own minute, so minutes are kept until SES has given up: it tries for
# up to 14 hours (https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html, read 2026-11-26).
COLUMNS_KEPT = DAY

# Columns of a minute. Volume is kept by the path it came by: a stream may publish through both SNS and EventBridge.
SENT, DELIVERED, SENT_EVENTBRIDGE, DELIVERED_EVENTBRIDGE, BOUNCED, COMPLAINED = range(6)

TO_EVENTBRIDGE = SENT_EVENTBRIDGE - SENT
"""From a column of SNS to the same of EventBridge."""

VOLUME_COLUMN, PUBLISHED_COLUMN = 6, 7
"""What these come to, with and without hard bounces."""


def volume_of(bucket: Bucket) -> int:
    """Recipients sent to: Send events, or deliveries and hard bounces where those are more."""
    return volumes(bucket)[0]


def volumes(bucket: Bucket) -> tuple[int, int]:
    """Recipients sent to, and those of them that Send or Delivery events were published of."""
    sent, delivered, sent_eb, delivered_eb, bounced = bucket[:5]
    if sent_eb > sent:
        sent = sent_eb
    if delivered_eb > delivered:
        delivered = delivered_eb
    published = max(delivered, sent)
    return max(sent, delivered + bounced), published
