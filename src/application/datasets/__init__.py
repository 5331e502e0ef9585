"""Storing and reading datasets, and the job that checks large datasets."""

from src.application.datasets.checking import CHECK, CheckDataset
from src.application.datasets.incoming import DatasetDetails, IncomingDataset
from src.application.datasets.service import CHUNK, DatasetService, StoredDataset, erase_dataset

__all__ = [
    "CHECK",
    "CHUNK",
    "CheckDataset",
    "DatasetDetails",
    "DatasetService",
    "IncomingDataset",
    "StoredDataset",
    "erase_dataset",
]
