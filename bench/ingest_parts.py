"""Where ingest's time goes: microseconds of CPU an event, part by part, beside a bare ``json.loads``.

python -m bench.ingest_parts

Each part is run by itself on what the part before it left, as the best of rounds in which all take turns. The parts do
not add up to the whole exactly: run by itself, a part finds more of what it needs in the processor's caches.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from datetime import UTC, datetime

from bench.ingest import ENVIRONMENT, EVENTS, FEW, MANY, floor
from bench.instant import InstantClients
from bench.printed import row
from bench.traffic import ACCOUNT, REGION, bodies
from sesguard.aws.counts.volume_log import packed
from sesguard.aws.settings import IngestSettings
from sesguard.ingest.batch import ingest
from sesguard.ingest.evaluate import evaluate
from sesguard.ingest.plain_volume import tally_plain
from sesguard.ingest.tally import Outcomes, Tally
from sesguard.ses_events.context import Context
from sesguard.ses_events.envelope import read
from sesguard.ses_events.observation import Observation
from sesguard.ses_events.records import decode
from sesguard.wiring.ingest import ingesting

ROUNDS = 15


def parts(streams: int) -> dict[str, float]:
    """Microseconds an event of each part, for a batch of so many streams."""
    now = datetime.now(UTC)
    batch = bodies(EVENTS, streams, now.timestamp())
    wired = ingesting(IngestSettings.from_env(ENVIRONMENT), InstantClients())  # type: ignore[arg-type]  # stands in for the clients
    context = Context(account=ACCOUNT, region=REGION, latest_minute=int(now.timestamp()) // 60 + 60)

    def decode_all() -> None:
        for body in batch:
            decode(body)

    tally = Tally()
    for body in batch:  # so each stream has been met
        read(body, context)
    others = tally_plain(batch, context, tally)
    for number in others:
        seen = read(batch[number], context)
        if isinstance(seen, Observation):
            tally.add(seen, number)
    urgent, rest = tally.parts()
    volumes = [part for part in rest if not isinstance(part, Outcomes)]
    bad = sorted(tally.bad_streams())
    ways: dict[str, Callable[[], object]] = {
        "bare json.loads": lambda: floor(batch),
        "ingest, whole": lambda: ingest(batch, context, wired.writer, wired.guard, now, lambda: 60.0),
        "decoding alone": decode_all,
        "plain events: decode, rules, tally": lambda: tally_plain(batch, context, Tally()),
        "other events: decode, rules": lambda: [read(batch[number], context) for number in others],
        "sorting out what is urgent": lambda: (tally.parts(), tally.bad_streams(), tally.unattributed()),
        "writes of what is urgent": lambda: wired.writer.add(urgent, now, lambda: True),
        "looks": lambda: evaluate(wired.guard, bad, now, lambda: True),
        "writes of the rest": lambda: wired.writer.add(rest, now, lambda: True),
        "  packing the log of volume": lambda: list(packed(volumes)),
    }
    gc.collect()
    gc.freeze()  # as the function does once it has started
    found = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            way()
            found[name] = min(found[name], (time.process_time() - began) / EVENTS * 1e6)
    return found


def main() -> None:
    few, many = parts(FEW), parts(MANY)
    row("microseconds an event; streams in a batch", [f"{FEW:,}", f"{MANY:,}"])
    for name in few:
        row(name, [f"{few[name]:.2f}", f"{many[name]:.2f}"])


if __name__ == "__main__":
    main()
