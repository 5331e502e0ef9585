"""Datasets and their reports, over the store driver."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import chain
from typing import Any

from src.domain.datasets import Dataset, DatasetStatus, ReadOptions
from src.domain.stored_objects import ObjectState
from src.domain.tables import Column, ColumnType, Report, Sample, Validation
from src.infrastructure.repositories.packing import packed, unpacked
from src.infrastructure.repositories.stored_objects import StoredObjectDocuments
from src.infrastructure.stores.base import Delete, Document, Fields, Insert, Key, Store, Write
from src.infrastructure.stores.schema import DATASETS, REPORTS

_PIECE = 900_000
"""Characters of a report in one document: Firestore takes a mebibyte."""
_MOST_SAMPLED = 1_000_000
"""Characters of samples in one report: a commit on Firestore takes ten mebibytes, whatever they are."""


class Datasets(StoredObjectDocuments[Dataset]):
    """See DatasetRepository.

    A schema that is asked for, and a report, may be too large for a document: they are compressed, and cut into as
    many as it takes.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store, DATASETS, Dataset)

    def update(
        self,
        id: str,
        change: Callable[[Dataset], Dataset],
        *,
        revisions: Collection[str] | None = None,
        also: Callable[[Dataset, Dataset], Sequence[Write]] | None = None,
    ) -> Dataset:
        """See DatasetRepository."""
        return super().update(id, change, revisions=revisions, also=also or _changed)

    def _beside(self, item: Dataset) -> Sequence[Write]:
        return _inserts(item)

    def _leaving(self, item: Dataset) -> Sequence[Write]:
        [document] = self._store.get(self._key(item.id))
        return [Delete(key) for key in _piece_keys(document)] if document else []

    def _fields(self, entity: Dataset) -> Fields:
        kept = {name: getattr(entity, name) for name in DATASETS.fields if name != "pieces"}
        asked, found = _texts(entity)
        options = entity.read_options
        return {
            **kept,
            "row_sets": list(entity.row_sets),
            "read_options": {
                "delimiter": options.delimiter,
                "encoding": options.encoding,
                "pieces": len(asked),
            },
            "status": entity.status.value,
            "state": entity.state.value,
            "pieces": len(found),
        }

    def _entities(self, documents: Sequence[Document | None]) -> list[Dataset | None]:
        """The datasets with their reports, which one read gets."""
        keys = [_piece_keys(document) if document else [] for document in documents]
        wanted = [*chain.from_iterable(keys)]
        pieces = iter(self._store.get(*wanted) if wanted else ())
        texts = [{key: piece.fields["text"] for key in each if (piece := next(pieces))} for each in keys]
        return [
            self._dataset(document, each) if document else None for document, each in zip(documents, texts, strict=True)
        ]

    def _dataset(self, document: Document, texts: Mapping[Key, str]) -> Dataset:
        stored = dict(document.fields)
        asked, count = stored.pop("read_options"), stored.pop("pieces")
        # Nothing too when pieces were removed between the two reads: then so was the dataset.
        columns, report = (
            unpacked("".join(texts[key] for key in keys)) if keys and all(key in texts for key in keys) else None
            for keys in (_keys(document.key.id, "asked", asked["pieces"]), _keys(document.key.id, "found", count))
        )
        parsed = {
            "row_sets": tuple(stored["row_sets"]),
            "read_options": ReadOptions(_columns(columns or ()), asked["delimiter"], asked["encoding"]),
            "status": DatasetStatus(stored["status"]),
            "state": ObjectState(stored["state"]),
            "report": _report(report) if report else None,
        }
        return Dataset(id=document.key.id, revision=document.revision, **(stored | parsed))


def _changed(old: Dataset, new: Dataset) -> list[Write]:
    """What a changed report, or other columns, ask for."""
    if new.report == old.report and new.read_options.columns == old.read_options.columns:
        return []
    before, after = _inserts(old), _inserts(new)
    keys = {write.key for write in after}
    return [write for write in after if write not in before] + [
        Delete(write.key) for write in before if write.key not in keys
    ]


def _inserts(dataset: Dataset) -> list[Write]:
    """The pieces."""
    asked, found = _texts(dataset)
    keys = _keys(dataset.id, "asked", len(asked)) + _keys(dataset.id, "found", len(found))
    return [Insert(key, {"text": text}) for key, text in zip(keys, asked + found, strict=True)]


def _piece_keys(document: Document) -> list[Key]:
    """Where the pieces of a stored dataset are."""
    id, asked = document.key.id, document.fields["read_options"]["pieces"]
    return _keys(id, "asked", asked) + _keys(id, "found", document.fields["pieces"])


def _keys(id: str, what: str, count: int) -> list[Key]:
    return [Key(REPORTS, f"{id}.{what}.{number}") for number in range(count)]


def _texts(dataset: Dataset) -> tuple[list[str], list[str]]:
    """The columns that are asked for, and the report, in pieces; none of what there is not."""
    columns, report = dataset.read_options.columns, dataset.report
    asked = _cut(packed([asdict(column) for column in columns])) if columns else []
    return asked, _cut(packed(asdict(_bounded(report)))) if report else []


def _cut(text: str) -> list[str]:
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]


def _bounded(report: Report) -> Report:
    """With as many samples as there is room for."""
    room = _MOST_SAMPLED
    validations = []
    for validation in report.validations:
        samples = []
        for sample in validation.samples:
            room -= len(sample.value) + 10
            if room >= 0:
                samples.append(sample)
        validations.append(replace(validation, samples=tuple(samples)))
    return replace(report, validations=tuple(validations))


def _report(stored: dict[str, Any]) -> Report:
    validations = (
        Validation(**{**each, "samples": tuple(Sample(**sample) for sample in each["samples"])})
        for each in stored["validations"]
    )
    columns, schema = _columns(stored["columns"]), _columns(stored["schema"])
    return Report(**{**stored, "columns": columns, "schema": schema, "validations": tuple(validations)})


def _columns(stored: Sequence[dict[str, Any]]) -> tuple[Column, ...]:
    return tuple(
        Column(
            **{**each, "type": ColumnType(each["type"]), "enum": None if each["enum"] is None else tuple(each["enum"])}
        )
        for each in stored
    )
