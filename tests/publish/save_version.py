"""Keep a small file of each dataset in this schema version, with texts of our own, before the version moves on.

PYTHONPATH=include:tests python tests/publish/save_version.py
"""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import building
from newswire import publish
from newswire.publish.merge import replace
from newswire.records import Entry, Kept, Topic, WarcRef
from newswire.report import LaneAccount, runs_row
from newswire.schemas import LINKS, SCHEMA_VERSION
from newswire.store import Store

SAVED = Path(__file__).with_name("saved")
PLACE = WarcRef(file="warc/source=probe/one.warc.gz", offset=900)


def write(store: Store) -> None:
    """Two articles, a reject, their ledger, run and captures, and a link."""
    full = building.article(
        "a",
        headline="Der Hafen öffnet wieder",
        description="Nach dem Sturm fahren die Fähren.",
        entries=(Entry(at=building.PUBLISHED, raw="17:30", headline="Erste Fähre", text="Sie legt ab."),),
        topics=(Topic(uri="medtop:20000598", label_en="defence", basis="section:Politik"),),
        ed_note="Berichtigt.",
    )
    plain = building.article("b", published_at=None)
    done = publish.publish(
        [full, plain], [building.reject("x", warc=PLACE)], outlet_id="probe", store=store, run_id="night-1"
    )
    publish.write_ledger(store, "night-1", "night-1", "probe", done.outcomes)
    kept = Kept(
        kind="response", url="https://news.example/x", status=200, content_type="text/html", captured_at=building.SEEN,
        digest="sha256:x", size=1000, warc=PLACE, run_id="night-1", lead=building.lead("x"),
    )  # fmt: skip
    publish.write_captures(store, "probe", [kept])
    lane = LaneAccount("probe", tuple(one.lead for one in done.outcomes), done.outcomes, fetched=3)
    told = runs_row(lane, run_id="night-1", started_at=building.SEEN, reconciled=True)
    publish.write_runs(store, "night-1", [told | {"newswire_version": "0.1.0"}])
    identity = "a1b2c3d4-0000-5000-8000-00000000000"
    rows = [
        {"article_id": f"{identity}{number}", "source_id": source, "cluster_id": f"{identity}1",
         "similarity": similarity, "role": role}
        for number, source, similarity, role in ((1, "probe", 1.0, "original"), (2, "other", 0.83, "copy"))
    ]  # fmt: skip
    replace(store, LINKS, LINKS.file("2026-03"), rows)


def main() -> None:
    target = SAVED / f"v{SCHEMA_VERSION}"
    with TemporaryDirectory() as folder:
        write(Store(folder))
        for file in sorted(Path(folder).rglob("*.parquet")):
            kept = target / file.relative_to(folder)
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, kept)
            print(kept)


if __name__ == "__main__":
    main()
