"""`make down`: end what `make up` started, group by group, and nothing else."""

from __future__ import annotations

import json

from newswire_local.groups import RUNNING, stop_group


def main() -> int:
    if not RUNNING.exists():
        print("  nothing is up")
        return 0
    for name, group in json.loads(RUNNING.read_text()).items():
        print(f"  {name} {'stopped' if stop_group(group) else 'was not running'}")
    RUNNING.unlink()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
