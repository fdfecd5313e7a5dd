"""One lane of a run, in a process of its own: translates headlines that it shares with other lanes.

    python lane.py STATE_URL ENGINE_URL FIRST LAST [per_minute]

Prints, as JSON, the headlines and what became of them, what was sent, and what was wrong.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime

import building
from newswire.settings import TranslatorSettings
from newswire.state import State
from newswire.translate import engines_from, translate
from translate.wires import KEY


def main(state_url: str, host: str, first: str, last: str, per_minute: str = "") -> None:
    """A small batch size, so that lanes meet often."""
    state = State(state_url)
    given = {"type": "libretranslate", "host": host, "key": KEY, "most_bytes": 400, "read_seconds": 3}
    settings = TranslatorSettings.model_validate(given | ({"per_minute": float(per_minute)} if per_minute else {}))
    pages = [
        building.extraction(str(n), headline=f"Der Hafen Nummer {n} bleibt", section=None, keywords=())
        for n in range(int(first), int(last))
    ]
    print("ready", flush=True)
    sys.stdin.readline()
    started, cpu = time.monotonic(), time.process_time()
    engines = engines_from(settings, state)
    result = translate(pages, state=state, engines=engines, clock=lambda: datetime.now(UTC))
    told = {
        "english": {a.extraction.headline: a.headline_en for a in result.articles},
        "requests": result.facts["engine_requests"],
        "seconds": time.monotonic() - started,
        "cpu": time.process_time() - cpu,
        "trouble": result.trouble,
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
