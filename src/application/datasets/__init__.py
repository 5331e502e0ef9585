"""Storing and reading datasets, and the job that checks a large one."""

from src.application.datasets.checking import CHECK, CheckDataset
from src.application.datasets.incoming import IncomingDataset, remove_abandoned_files, temporary_file
from src.application.datasets.service import DatasetService, StoredDataset, erase_dataset

__all__ = [
    "CHECK",
    "CheckDataset",
    "DatasetService",
    "IncomingDataset",
    "StoredDataset",
    "erase_dataset",
    "remove_abandoned_files",
    "temporary_file",
]
