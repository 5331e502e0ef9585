"""The repository of datasets and their reports."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_json

from src.domain.csv import Column, NotCsv, ReadOptions, Report, Schema
from src.domain.datasets import Dataset, DatasetStatus
from src.infrastructure.repositories.stored_objects import StoredObjectDocuments
from src.infrastructure.stores.driver import Delete, Document, Insert, Key, Write
from src.infrastructure.stores.packing import pack, unpack
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import DATASETS, REPORTS

_SHARE_OF_COMMIT = 0.9
"""How much of the largest commit the pieces of a dataset may take. The rest is for the records of dataset and job."""

_ABOUT_COLUMNS = ("locale", "closed", "titles")
"""The fields of a schema beside its columns."""


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Return the validator of a type. Building it takes long, so it is built for the first dataset."""
    return TypeAdapter(kind)


_COLUMN_CHARACTERS = 100
"""The characters that each column of a dataset counts, so that a page ends after thousands of columns."""
_COLUMN_BYTES = 1_600
"""About the bytes of JSON that an ordinary column takes in the schema and the report. Most are the names of fields."""


class Datasets(StoredObjectDocuments[Dataset]):
    """Stores datasets. Implements DatasetRepository.

    The schema that a client gave for the columns, and the report, may be too large for one document of the store. Each
    of the two is packed into a text, and the text is cut into pieces that fit into a document. The field ``pieces`` of
    the stored dataset lists the ids of the pieces. All pieces are written in the commit of the dataset. Raises NotCsv
    if they do not fit into the commit.
    """

    _first_read = _most_read = 5
    """A dataset with thousands of columns takes tens of MiB."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, DATASETS, Dataset, row_sets=tuple, status=DatasetStatus)

    def _related_writes(self, old: Dataset | None, new: Dataset) -> Sequence[Write]:
        if old and new.report == old.report and new.read_options.columns == old.read_options.columns:
            return ()
        before, after = self._pieces(old) if old else {}, self._pieces(new)
        inserts = [Insert(key, {"text": text}) for key, text in after.items() if before.get(key) != text]
        if sum(map(len, after.values())) > _SHARE_OF_COMMIT * self._store.commit_bytes:
            message = "The report on these columns is larger than the store takes: use fewer columns, or shorter names."
            raise NotCsv("too_many_columns", message)
        return [*inserts, *(Delete(key) for key in before if key not in after)]

    def _related_deletes(self, item: Dataset) -> Sequence[Delete]:
        return [Delete(key) for key in piece_keys(*self._store.get(self._key(item.id)))]

    def _special_fields(self, entity: Dataset) -> dict[str, Any]:
        options = entity.read_options
        return {
            "row_sets": list(entity.row_sets),
            "read_options": {
                "delimiter": options.delimiter,
                "encoding": options.encoding,
                **{name: getattr(options.schema, name) for name in _ABOUT_COLUMNS},
            },
            "pieces": [key.id for key in self._pieces(entity)],
        }

    def _further_characters(self, entity: Dataset) -> int:
        """Return the characters that the columns count, or those of the texts in their rules and samples if more."""
        options, report = entity.read_options, entity.report
        columns = max(len(options.columns), len(report.columns) if report else 0)
        # Columns are packed, so that a long ``enum`` is seen only in what they are unpacked to.
        return max(_COLUMN_CHARACTERS * columns, len(to_json((options, report))) - _COLUMN_BYTES * columns)

    def _entities(self, documents: Sequence[Document | None]) -> list[Dataset | None]:
        """Return the datasets with their columns and reports. Takes one more read, for the pieces of all datasets.

        A dataset without all its pieces has been deleted since its document was read: one commit removes them all.
        """
        pieces = self._store.get(*piece_keys(*documents))
        texts = {piece.key.id: piece.fields["text"] for piece in pieces if piece}
        return [
            self._dataset(document, texts) if document and texts.keys() >= {*document.fields["pieces"]} else None
            for document in documents
        ]

    def _dataset(self, document: Document, texts: Mapping[str, str]) -> Dataset:
        fields = dict(document.fields)
        ids, options = fields.pop("pieces"), dict(fields.pop("read_options"))
        parts = join_pieces(ids, texts)
        columns = _adapter(tuple[Column, ...]).validate_python(unpack(parts["columns"])) if "columns" in parts else ()
        # Datasets that were stored by earlier versions do not have all of it.
        about = {name: options.pop(name) for name in _ABOUT_COLUMNS if name in options}
        fields["read_options"] = ReadOptions(Schema(columns, **about), **options)
        fields["report"] = _adapter(Report).validate_python(unpack(parts["report"])) if "report" in parts else None
        return self.entity(document._replace(fields=fields))

    def _pieces(self, dataset: Dataset) -> dict[Key, str]:
        """Pack the columns and the report of a dataset, and cut each into texts that fit into a document of the store.

        Return these texts by the keys of their documents. Samples of the report that need too much room are left out.
        """
        columns, report = dataset.read_options.columns, dataset.report
        # A character of a sample takes up to 5.4 bytes in base64, so that samples fill about half of a commit at most.
        room = self._store.commit_bytes // 10
        parts = {"columns": columns, "report": report and _with_fewer_samples(report, room)}
        texts = {part: pack(value) for part, value in parts.items() if value}
        return cut_pieces(dataset.id, texts, self._store.document_bytes)


def piece_keys(*documents: Document | None) -> list[Key]:
    """Return the keys of the pieces that hold the columns and reports of stored datasets."""
    return [Key(REPORTS, id) for document in documents if document for id in document.fields["pieces"]]


def join_pieces(ids: Sequence[str], pieces: Mapping[str, str]) -> dict[str, str]:
    """Return the packed texts of a dataset (columns, report) by name, joined from their pieces.

    Return nothing if a piece is missing.
    """
    parts: dict[str, str] = {}
    for id in ids if pieces.keys() >= {*ids} else ():
        part = id.split(".")[1]
        parts[part] = parts.get(part, "") + pieces[id]
    return parts


def cut_pieces(dataset_id: str, parts: Mapping[str, str], size: int) -> dict[Key, str]:
    """Return the pieces of the texts of a dataset, by key. A piece has up to ``size`` characters."""
    return {
        Key(REPORTS, f"{dataset_id}.{part}.{number}"): text[start : start + size]
        for part, text in parts.items()
        for number, start in enumerate(range(0, len(text), size))
    }


def _with_fewer_samples(report: Report, room: int) -> Report:
    """Return the report without the samples that no longer fit into ``room`` characters."""
    validations = []
    for validation in report.validations:
        samples = []
        for sample in validation.samples:
            room -= len(sample.value) + 10
            if room >= 0:
                samples.append(sample)
        validations.append(replace(validation, samples=tuple(samples)))
    return replace(report, validations=tuple(validations))
