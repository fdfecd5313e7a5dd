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
_BELIEVED = {
    ARTICLES.name: (
        "insert into articles select $file, article_id, max(revision), null, arg_max(warc_file, revision),"  # noqa: S608
        f" arg_max(warc_offset, revision) from revisions anti join articles using (article_id) where {_SAME_FOLDERS}"
        " group by article_id"
    ),
    REVISIONS.name: (
        "insert into revisions select $file, article_id, revision, warc_file, warc_offset from articles"  # noqa: S608
        f" anti join revisions using (article_id, revision) where {_SAME_FOLDERS}"
    ),
    CAPTURES.name: (
        "insert into captures select $file, substr(split_part($file, '/', 2), 8), url, digest, kind, warc_file,"
        " warc_offset, payload_file, payload_offset, null from records"
        " anti join captures using (warc_file, warc_offset)"
        " where split_part(warc_file, '/', 2) = split_part($file, '/', 2)"
    ),
    LEDGER.name: (
        "update runs set reconciled = false where split_part(file, '/', 2) = split_part($file, '/', 2)"
        " and source_id = substr(split_part($file, '/', 3), 8)"
    ),
    RUNS.name: (
        "insert into runs by name select distinct $file as file, run_id, source_id, false as reconciled from ledger"
        " anti join runs using (run_id, source_id) where split_part(file, '/', 2) = split_part($file, '/', 2)"
    ),
}


def believe(inventory: Inventory, dataset: Dataset, file: str) -> None:
    """Take the rows of a file that could not be read to be as those of other files say."""
    if dataset.name in _BELIEVED:
        inventory.do(_BELIEVED[dataset.name], file=file)
