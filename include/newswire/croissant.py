"""`croissant.json` beside the data: the datasets that are there, described for programs (Croissant 1.0, JSON-LD).

Drawn from the declared schemas, like the data dictionary. It holds no path of a machine and no time: the same datasets
give the same bytes, and the folder may be moved. https://docs.mlcommons.org/croissant/docs/croissant-spec.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from newswire.schemas import DATASETS, SCHEMA_VERSION, Column, Dataset
from newswire.store import Store

FILE = "croissant.json"
Node = dict[str, Any]

# The context that the specification prints: readers compare it word for word.
_CONTEXT: Node = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {
    "string": "sc:Text",
    "bool": "sc:Boolean",
    "int32": "sc:Integer",
    "int64": "sc:Integer",
    "double": "sc:Float",
    "timestamp[us, tz=UTC]": "sc:DateTime",
}
_LICENSE = (
    "The texts belong to their publishers; column rights says what each page states. Whoever collected them answers "
    "for what is done with them."
)
_PROPERTY = re.compile(r"schema\.org (\w+)")


def describe(store: Store) -> bool:
    """Write the description of the datasets that have files. False when it said the same already."""
    names = [dataset for dataset in DATASETS if store.glob(dataset.file(*("*" for _ in dataset.partition)))]
    content = render(names)
    if not names or (store.exists(FILE) and store.read_bytes(FILE) == content):
        return False
    store.write_bytes(FILE, content)
    return True


def render(datasets: Iterable[Dataset] = DATASETS) -> bytes:
    """The description of these datasets as JSON-LD, the same bytes for the same declarations."""
    known = tuple(datasets)
    description = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": "newswire",
        "description": "News articles as their publishers show them, with their English, every revision, every refusal "
        "and the place of the raw page.",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": _LICENSE,
        "citeAs": f"News articles collected with Newswire, schema version {SCHEMA_VERSION}; source and month as read.",
        "version": f"{SCHEMA_VERSION}.0.0",
        "isLiveDataset": True,
        "distribution": [_files(dataset) for dataset in known],
        "recordSet": [_records(dataset) for dataset in known],
    }
    return (json.dumps(description, ensure_ascii=False, indent=1) + "\n").encode()


def _files(dataset: Dataset) -> Node:
    """A set of files has no checksum of its own: it is the pattern, relative to this description, that stays true."""
    return {
        "@type": "cr:FileSet",
        "@id": f"{dataset.name}-files",
        "name": f"{dataset.name}-files",
        "description": f"The Parquet files of {dataset.name}, partitioned by {', '.join(dataset.partition)}.",
        "encodingFormat": "application/x-parquet",
        "includes": dataset.file(*("*" for _ in dataset.partition)),
    }


def _records(dataset: Dataset) -> Node:
    return {
        "@type": "cr:RecordSet",
        "@id": dataset.name,
        "name": dataset.name,
        "description": f"{dataset.meaning}.",
        "key": [{"@id": f"{dataset.name}/{name}"} for name in (*dataset.scope, *dataset.key)],
        "field": [
            *(_partition(dataset, name) for name in dataset.partition),
            *(_field(dataset, column) for column in dataset.columns),
        ],
    }


def _partition(dataset: Dataset, name: str) -> Node:
    """A hive key stands in the path of the file alone."""
    return {
        "@type": "cr:Field",
        "@id": f"{dataset.name}/{name}",
        "name": f"{dataset.name}/{name}",
        "description": f"Partition: the part of the file's path behind {name}=.",
        "dataType": "sc:Text",
        "source": {
            "fileSet": {"@id": f"{dataset.name}-files"},
            "extract": {"fileProperty": "fullpath"},
            "transform": {"regex": f".*{name}=([^/]*)/.*"},
        },
    }


def _field(dataset: Dataset, column: Column) -> Node:
    kind = str(column.type)
    identity = f"{dataset.name}/{column.name}"
    node: Node = {
        "@type": "cr:Field",
        "@id": identity,
        "name": identity,
        "description": _told(column),
    }
    follows = _PROPERTY.search(column.follows)
    if follows:
        node["equivalentProperty"] = f"sc:{follows[1]}"
    if not kind.startswith("list<"):
        return node | {"dataType": _data_type(column), "source": _source(dataset, column)}
    item = column.type.value_type
    if str(item) in _TYPES:
        return node | {"dataType": _data_type(column), "repeated": True, "source": _source(dataset, column)}
    parts = [item.field(index) for index in range(item.num_fields)]
    return node | {
        "repeated": True,
        "subField": [
            {
                "@type": "cr:Field",
                "@id": f"{identity}/{part.name}",
                "name": f"{identity}/{part.name}",
                "dataType": _TYPES[str(part.type)],
                "source": _source(dataset, column) | {"transform": {"jsonPath": part.name}},
            }
            for part in parts
        ],
    }


def _data_type(column: Column) -> str:
    item = getattr(column.type, "value_type", column.type)
    return "sc:URL" if column.form.startswith("URI (") else _TYPES[str(item)]


def _source(dataset: Dataset, column: Column) -> Node:
    return {"fileSet": {"@id": f"{dataset.name}-files"}, "extract": {"column": column.name}}


def _told(column: Column) -> str:
    """Meaning, unit and standard, as the data dictionary has them."""
    form = f"{column.form}: {', '.join(column.values)}" if column.values else column.form
    follows = f" Follows {column.follows}." if column.follows else ""
    return f"{column.meaning} ({form}).{follows}"
