"""What the emulator lacks and the guard needs, one gap a module.

Each module has `install()`, follows the AWS page that it cites, and replaces names of the emulator only through
`patching`, which refuses to start when a name is missing or takes other arguments than it did. `tests/contract` shows
for each gap that the bare emulator still has it: when that test fails, delete the module it names.
"""


def install() -> None:
    """Close every gap in this process. Raises `PatchError` when the emulator is not the one these were written for."""
    # Imported here, so that what is pure in this package can be used without the emulator.
    from localcloud.gaps import (
        account_buses,
        alarm_permissions,
        alarms,
        batching,
        embedded_metrics,
        empty_sets,
        firehose,
        forked_workers,
        http_apis,
        metric_math,
        named_queries,
        named_resources,
        queue_permissions,
        refused_expressions,
        rules,
        schedules,
        secrets,
        service_metrics,
        ses,
        stream_sources,
        subscriptions,
        table_streams,
        unpacked_code,
    )

    for gap in (
        account_buses,
        alarm_permissions,
        alarms,
        batching,
        embedded_metrics,
        empty_sets,
        firehose,
        forked_workers,
        http_apis,
        metric_math,
        named_queries,
        named_resources,
        queue_permissions,
        refused_expressions,
        rules,
        schedules,
        secrets,
        ses,
        service_metrics,
        stream_sources,
        subscriptions,
        table_streams,
        unpacked_code,
    ):
        gap.install()


def start() -> None:
    """Start what happens by itself, in threads that end with the process."""
    from localcloud.gaps import alarms, service_metrics

    alarms.start()
    service_metrics.start()
