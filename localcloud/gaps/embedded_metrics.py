"""Metrics that functions write into their log, in the embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Iterator
from typing import Any

from ministack.services import cloudwatch, lambda_svc

from localcloud.gaps import patching

_PARAMETERS = "func request_id log_text error duration_ms log_source"
_log = patching.original(lambda_svc, "_emit_lambda_logs", _PARAMETERS)


def install() -> None:
    patching.replace(lambda_svc, "_emit_lambda_logs", _PARAMETERS, log)
    patching.original(cloudwatch, "_store_datum", "namespace name dims ts unit value values counts stat_values")


def log(
    func: dict[str, Any],
    request_id: str,
    log_text: str,
    error: bool,
    duration_ms: int,
    *,
    log_source: str | None = None,
) -> None:
    """File the log of an invocation, and publish the metrics in it."""
    _log(func, request_id, log_text, error, duration_ms, log_source=log_source)
    for line in (log_text or "").splitlines():
        for datum in _metrics(line):
            cloudwatch._store_datum(**datum)


def _metrics(line: str) -> Iterator[dict[str, Any]]:
    """What a line of the log publishes: nothing unless it is a JSON object with the `_aws` member."""
    if '"_aws"' not in line:
        return
    try:
        entry = json.loads(line)
        metadata = entry["_aws"]
        directives = metadata["CloudWatchMetrics"]
    except (ValueError, KeyError, TypeError):
        return
    for directive in directives:
        for dimensions in directive.get("Dimensions") or [[]]:
            for metric in directive["Metrics"]:
                values = entry[metric["Name"]]
                yield {
                    "namespace": directive["Namespace"],
                    "name": metric["Name"],
                    "dims": {name: str(entry[name]) for name in dimensions},
                    "ts": metadata["Timestamp"] / 1000,
                    "unit": metric.get("Unit", "None"),
                    "value": None,
                    "values": values if isinstance(values, list) else [values],
                    "counts": None,
                    "stat_values": None,
                }
