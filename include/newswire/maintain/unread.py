"""Files of datasets that could not be read to their end: nobody knows what they hold, so none of it is missing.

The file itself is a finding, with its remedy. What other files say of its rows is believed: each of them would
else be a finding as well, with a remedy that does not help.
"""

from __future__ import annotations

from newswire.maintain.inventory import Inventory
from newswire.schemas import ARTICLES, CAPTURES, LEDGER, REVISIONS, RUNS, Dataset

# `$file` is the file; the second and third part of a path are its partition.
_SAME_FOLDERS = (
    "split_part(file, '/', 2) = split_part($file, '/', 2) and split_part(file, '/', 3) = split_part($file, '/', 3)"
)
_SAME_FIRST = "split_part(file, '/', 2) = split_part($file, '/', 2)"
# Since a compaction that was killed, a run may stand in its own folder of one book and in the month's of the other.
_OF_MANY_RUNS = "split_part({0}, '/', 2) like 'run=month~%'"
# A revision of 0 is in no file: of an article that only its English or its links tell.
_ARTICLES = f"""
insert into articles by name
select $file as file, article_id, max(revision) as revision,
  arg_max(warc_file, revision) as warc_file, arg_max(warc_offset, revision) as warc_offset
from (
  select article_id, revision, warc_file, warc_offset from revisions where {_SAME_FOLDERS}
  union all select article_id, 0, null, null from translations where {_SAME_FOLDERS}
  union all select article_id, 0, null, null from links
    where 'source=' || source_id = split_part($file, '/', 2) and split_part(file, '/', 2) = split_part($file, '/', 3)
) anti join articles using (article_id) group by article_id
"""  # noqa: S608 - conditions of ours
_REVISIONS = f"""
insert into revisions by name
select $file as file, article_id, revision, warc_file, warc_offset from articles
anti join revisions using (article_id, revision) where {_SAME_FOLDERS}
"""  # noqa: S608
_CAPTURES = """
insert into captures by name
select $file as file, substr(split_part($file, '/', 2), 8) as source_id, url, digest, kind, warc_file, warc_offset,
  payload_file, payload_offset
from records anti join captures using (warc_file, warc_offset)
where split_part(warc_file, '/', 2) = split_part($file, '/', 2) and 'month=' || month = split_part($file, '/', 3)
"""
# Where no other file of the index knows an archive file that is gone, this one may have said that retention removed it.
_REMOVED = f"""
insert into captures by name
select distinct $file as file, warc_file, warc_offset, now() as removed_at from (
  select warc_file, warc_offset from articles where {_SAME_FIRST}
  union all select warc_file, warc_offset from revisions where {_SAME_FIRST}
  union all select warc_file, warc_offset from rejects where {_SAME_FIRST}
) anti join warcs using (warc_file) anti join captures using (warc_file) where warc_file is not null
"""  # noqa: S608
_LEDGER = f"""
update runs set reconciled = false where 'source=' || source_id = split_part($file, '/', 3) and (
  {_SAME_FIRST} or run_id in (select run_id from ledger where file = $file)
  or ({_OF_MANY_RUNS.format("file")} or {_OF_MANY_RUNS.format("$file")}) and not exists (
    from ledger where ledger.run_id = runs.run_id and ledger.source_id = runs.source_id))
"""  # noqa: S608
_RUNS = f"""
insert into runs by name
select distinct $file as file, run_id, source_id, false as reconciled from ledger
anti join runs using (run_id, source_id)
where {_SAME_FIRST} or {_OF_MANY_RUNS.format("file")} or {_OF_MANY_RUNS.format("$file")}
"""  # noqa: S608
_BELIEVED = {
    ARTICLES.name: (_ARTICLES,),
    REVISIONS.name: (_REVISIONS,),
    CAPTURES.name: (_CAPTURES, _REMOVED),
    LEDGER.name: (_LEDGER,),
    RUNS.name: (_RUNS,),
}


def believe(inventory: Inventory, dataset: Dataset, file: str) -> None:
    """Take the rows of a file that could not be read to be as those of other files say."""
    for statement in _BELIEVED.get(dataset.name, ()):
        inventory.do(statement, file=file)
