"""Datasets, and their reports."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import chain
from typing import Any

from src.domain.datasets import Dataset, DatasetStatus, ReadOptions
from src.domain.stored_objects import ObjectState
from src.domain.tables import Column, ColumnType, Report, Sample, Validation
from src.infrastructure.repositories.stored_objects import StoredObjectDocuments
from src.infrastructure.stores.base import Delete, Document, Fields, Insert, Key, Store, Write
from src.infrastructure.stores.packing import pack_value, unpack
from src.infrastructure.stores.schema import DATASETS, REPORTS


class Datasets(StoredObjectDocuments[Dataset]):
    """Stores datasets. Implements DatasetRepository.

    The schema that a client asked for, and the report, may be larger than a document. Each is compressed and cut
    into pieces that fit; the dataset says how many pieces there are.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store, DATASETS, Dataset)

    def _related_writes(self, old: Dataset | None, new: Dataset) -> Sequence[Write]:
        if old and new.report == old.report and new.read_options.columns == old.read_options.columns:
            return []
        before, after = self._inserts(old) if old else [], self._inserts(new)
        keys = {write.key for write in after}
        return [write for write in after if write not in before] + [
            Delete(write.key) for write in before if write.key not in keys
        ]

    def _related_deletes(self, item: Dataset) -> Sequence[Delete]:
        [document] = self._store.get(self._key(item.id))
        return [Delete(key) for key in _piece_keys(document)] if document else []

    def _fields(self, entity: Dataset) -> Fields:
        requested, report = self._pieces(entity)
        options = entity.read_options
        return self._attributes(
            entity,
            row_sets=list(entity.row_sets),
            read_options={"delimiter": options.delimiter, "encoding": options.encoding, "pieces": len(requested)},
            pieces=len(report),
        )

    def _entities(self, documents: Sequence[Document | None]) -> list[Dataset | None]:
        """Return the datasets with their reports; one more read for the pieces of all."""
        keys = [_piece_keys(document) if document else [] for document in documents]
        all_keys = [*chain.from_iterable(keys)]
        pieces = iter(self._store.get(*all_keys) if all_keys else ())
        texts = [{key: piece.fields["text"] for key in each if (piece := next(pieces))} for each in keys]
        return [_dataset(document, each) if document else None for document, each in zip(documents, texts, strict=True)]

    def _inserts(self, dataset: Dataset) -> list[Insert]:
        requested, report = self._pieces(dataset)
        keys = _keys(dataset.id, "asked", len(requested)) + _keys(dataset.id, "found", len(report))
        return [Insert(key, {"text": text}) for key, text in zip(keys, requested + report, strict=True)]

    def _pieces(self, dataset: Dataset) -> tuple[list[str], list[str]]:
        """Return the requested columns and the report in pieces; an empty list stands for an absent one."""
        columns, report = dataset.read_options.columns, dataset.report
        requested = self._cut([asdict(column) for column in columns]) if columns else []
        # A character takes up to 4 bytes in UTF-8 and 5.4 in base64: samples take about half of a commit at most.
        room = self._store.limits.commit_bytes // 10
        return requested, self._cut(asdict(_with_fewer_samples(report, room))) if report else []

    def _cut(self, value: Any) -> list[str]:
        text, size = pack_value(value), self._store.limits.document_bytes
        return [text[start : start + size] for start in range(0, len(text), size)]


def _piece_keys(document: Document) -> list[Key]:
    """Return the keys of the pieces of a stored dataset."""
    id, requested = document.key.id, document.fields["read_options"]["pieces"]
    return _keys(id, "asked", requested) + _keys(id, "found", document.fields["pieces"])


def _keys(id: str, part: str, count: int) -> list[Key]:
    return [Key(REPORTS, f"{id}.{part}.{number}") for number in range(count)]


def _dataset(document: Document, texts: Mapping[Key, str]) -> Dataset:
    """Return the dataset with the columns and the report of the pieces in ``texts``."""
    stored = dict(document.fields)
    options, count = stored.pop("read_options"), stored.pop("pieces")
    # A dataset that was removed between the two reads has lost its pieces: it is read without them.
    columns, report = (
        unpack("".join(texts[key] for key in keys)) if keys and all(key in texts for key in keys) else None
        for keys in (_keys(document.key.id, "asked", options["pieces"]), _keys(document.key.id, "found", count))
    )
    parsed = {
        "row_sets": tuple(stored["row_sets"]),
        "read_options": ReadOptions(_columns(columns or ()), options["delimiter"], options["encoding"]),
        "status": DatasetStatus(stored["status"]),
        "state": ObjectState(stored["state"]),
        "report": _report(report) if report else None,
    }
    return Dataset(id=document.key.id, revision=document.revision, **(stored | parsed))


def _with_fewer_samples(report: Report, room: int) -> Report:
    """Return the report with the first samples that have ``room`` characters in total."""
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
