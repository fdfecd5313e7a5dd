"""What must hold between rows, archive records and runs: each check a query for what does not, and its sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from newswire.schemas import CAPTURES, DATASETS, LINKS, REJECTS, Dataset

_RUNS = "split_part(split_part(file, '/', 2), '=', 2)"
_COUNTED = ("published", "revised", "unchanged", "not_modified", "duplicate", "skipped", "rejected", "failed")


class Check(NamedTuple):
    """`said` is filled with the columns of each row that `query` finds."""

    query: str
    said: str


# A run's own files count where a month's file holds the run too: a compaction was killed, the next one ends it.
_OWN_COUNT = """
delete from {0} where file like '%/run=month~%' and exists (
  select 1 from {0} own where own.run_id = {0}.run_id and own.source_id = {0}.source_id
  and own.file not like '%/run=month~%');
"""
_VIEWS = """
create table gone as select distinct warc_file, warc_offset from captures where removed_at is not null;
create view pages as
  select 'article' as what, article_id as id, null as digest, uri, warc_file, warc_offset from articles
  where warc_file is not null
  union all select 'revision of', article_id, null, null, warc_file, warc_offset from revisions
  where warc_file is not null
  union all select 'reject', reject_id, digest, null, warc_file, warc_offset from rejects where warc_file is not null;
create view refs as
  select what, id, warc_file, warc_offset from pages
  union all select 'capture', url, warc_file, warc_offset from captures;
"""
PREPARE = _OWN_COUNT.format("ledger") + _OWN_COUNT.format("runs") + _VIEWS

_ARCHIVE = (
    Check(
        "select warc_file as place, count(*) filter (what = 'article') as articles,"
        " count(*) filter (what = 'revision of') as revisions, count(*) filter (what = 'reject') as rejects,"
        " count(*) filter (what = 'capture') as captures"
        " from refs anti join warcs using (warc_file) anti join gone using (warc_file, warc_offset)"
        " group by place order by place",
        "{place}: missing, and {articles} articles, {revisions} revisions, {rejects} rejects and {captures} records of"
        " the index refer to it; restore it from a copy",
    ),
    Check(
        "select warc_file as place, min(warc_offset) as byte, arg_min(what || ' ' || id, warc_offset) as first,"
        " count(*) as n from refs semi join warcs using (warc_file) anti join records using (warc_file, warc_offset)"
        " anti join gone using (warc_file, warc_offset) group by place order by place",
        "{place}: no answer at byte {byte}, where {first} has its page; {n} rows refer to such places; restore the file"
        " from a copy",
    ),
    Check(
        "select warc_file as place, min(warc_offset) as byte, count(*) as n from captures c"
        " join records r using (warc_file, warc_offset) where c.digest <> r.digest group by place order by place",
        "{place} at byte {byte}: the body is not the one whose digest the index captures holds ({n} such records);"
        " restore the file from a copy",
    ),
    Check(
        "select p.warc_file as place, min(p.warc_offset) as byte, min(id) as first, count(*) as n"
        " from pages p join captures c using (warc_file, warc_offset) where what = 'reject' and p.digest <> c.digest"
        " group by place order by place",
        "{place} at byte {byte}: the page is not the one that was rejected as {first} ({n} such rejects);"
        " restore the file from a copy",
    ),
    Check(
        # Escapes and letters beyond ASCII are spelled in two ways: the index may have been made from the archive.
        "select p.warc_file as place, min(p.warc_offset) as byte, min(id) as first, count(*) as n"
        " from pages p join captures c using (warc_file, warc_offset) where p.uri is not null"
        r" and regexp_replace(p.uri, '%[0-9A-Fa-f]{2}|[^A-Za-z0-9]', '', 'g')"
        r" <> regexp_replace(c.url, '%[0-9A-Fa-f]{2}|[^A-Za-z0-9]', '', 'g') group by place order by place",
        "{place} at byte {byte}: holds the page of another address than article {first} ({n} such articles);"
        " run news_reprocess for the outlet",
    ),
    Check(
        "select warc_file as place, min(what || ' ' || id) as first, count(*) as n from pages"
        " semi join (from warcs where not is_going) using (warc_file)"
        " anti join captures using (warc_file, warc_offset) group by place order by place",
        "{place}: {n} rows were made from records that the index captures does not hold ({first} first);"
        " run news_reprocess for the outlet",
    ),
    Check(
        "select warc_file as place, min(warc_offset) as byte, count(*) as n from records"
        " semi join (from warcs where not is_going) using (warc_file)"
        " anti join captures using (warc_file, warc_offset) group by place order by place",
        "{place}: the index captures does not hold {n} of its answers (the first at byte {byte});"
        " run news_reprocess for the outlet",
    ),
    Check(
        "select c.warc_file as place, min(c.warc_offset) as byte, count(*) as n,"
        " arg_min(payload_file || ' at byte ' || payload_offset, c.warc_offset) as body from captures c"
        " anti join (select * from records where kind <> 'revisit') r"
        " on r.warc_file = c.payload_file and r.warc_offset = c.payload_offset and r.digest = c.digest"
        " where c.kind = 'revisit' and c.removed_at is null and c.payload_file is not null"
        " group by place order by place",
        "{place} at byte {byte}: the body that it says did not change is not at {body} ({n} such records);"
        " restore that file from a copy",
    ),
)

_ROWS = (
    Check(
        "select file as place, min(article_id) as first, count(*) as n from articles"
        " anti join revisions using (article_id, revision) group by place order by place",
        "{place}: {n} articles whose revision is not in revisions ({first} first); run news_reprocess for the outlet",
    ),
    Check(
        "select a.file as place, min(a.article_id) as first, count(*) as n from articles a"
        " join (select article_id, max(revision) as newest from revisions group by 1) using (article_id)"
        " where newest > a.revision group by place order by place",
        "{place}: {n} articles of which revisions holds a newer state ({first} first);"
        " run news_reprocess for the outlet",
    ),
    *(
        Check(
            f"select file as place, min(article_id) as first, count(*) as n from {name}"  # noqa: S608 - names of ours
            " anti join articles using (article_id) group by place order by place",
            f"{{place}}: {{n}} rows of articles that are not in articles ({{first}} first); {remedy}",
        )
        for name, remedy in (
            ("revisions", "run news_reprocess for the outlet"),
            ("translations", "restore the month's articles from a copy, or run news_reprocess for the outlet"),
            ("links", "remove the file, then run news_ingest: it is made anew when the month's articles change"),
        )
    ),
    Check(
        "select file as place, min(cluster_id) as first, count(*) as n from links"
        " anti join articles on links.cluster_id = articles.article_id group by place order by place",
        "{place}: {n} rows of clusters whose first article is not in articles ({first} first);"
        " restore the month's articles from a copy",
    ),
    *(
        Check(
            f"select t.file as place, min(t.article_id) as first, count(*) as n from {name} t"  # noqa: S608
            " join articles a using (article_id) where split_part(t.file, '/', 3) <> split_part(a.file, '/', 3)"
            " group by place order by place",
            "{place}: {n} rows of articles that live in another month ({first} first); restore the file from a copy",
        )
        for name in ("revisions", "translations")
    ),
)

_LEDGER = (
    Check(
        "with counted as (select run_id, source_id, count(*) as leads, "  # noqa: S608 - names of ours
        + ", ".join(f"count(*) filter (disposition = '{name}') as {name}" for name in _COUNTED)
        + " from ledger group by all) select r.file as place, r.run_id, r.source_id, r.discovered,"
        " coalesce(leads, 0) as leads from runs r left join counted c using (run_id, source_id)"
        # One that did not add up when it was reported has failed its own run.
        " where r.reconciled and (r.discovered <> coalesce(leads, 0)"
        + "".join(f" or r.{name} <> coalesce(c.{name}, 0)" for name in _COUNTED)
        + ") order by place, r.source_id",
        "{place}: run {run_id} of {source_id} counted {discovered} leads, the ledger holds {leads}, or they ended"
        " otherwise than counted; restore the run's ledger from a copy",
    ),
    Check(
        "select file as place, run_id, source_id, count(*) as n from ledger anti join runs using (run_id, source_id)"  # noqa: S608
        f" where {_RUNS} not in (select run_key from going) group by all order by place",
        "{place}: {n} leads of run {run_id} of {source_id}, which never reported; clear its task report in Airflow, or"
        " move the file away: later runs have tried its leads again",
    ),
)


def all_checks() -> Iterator[Check]:
    yield from _ARCHIVE
    yield from (_doubled(dataset) for dataset in DATASETS)
    yield from (*_ROWS, *_LEDGER)


def _doubled(dataset: Dataset) -> Check:
    """Rows that share their key; within one file where a month's row has no other."""
    scope = {LINKS.name: ("file",), REJECTS.name: ("file",), "ledger": ("run_id", "source_id"), "runs": ("run_id",)}
    key = (*scope.get(dataset.name, ()), *dataset.key)
    told = " and ".join(f"{name} {{{name}}}" for name in key if name != "file")
    remedy = "run news_reprocess for the outlet" if dataset is CAPTURES else "keep the newest, restore the rest"
    keys = ", ".join(key)
    # Found by a number each, which is cheap to count by the million, and then looked at as they are.
    return Check(
        f"with suspects as (select hash({keys}) as h from {dataset.name} group by h having count(*) > 1)"  # noqa: S608
        f" select {keys}, string_agg(distinct file, ' and ') as place, count(*) as n from {dataset.name}"
        f" where hash({keys}) in (select h from suspects) group by {keys} having count(*) > 1 order by place, {keys}",
        f"{{place}}: {told} has {{n}} rows; {remedy} from a copy",
    )
