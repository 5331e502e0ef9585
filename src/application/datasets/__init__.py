"""What people do with datasets, and the job that checks a large one."""

from src.application.datasets.checking import CHECK, CheckDataset
from src.application.datasets.incoming import IncomingDataset, remove_abandoned_files, temporary_file
from src.application.datasets.service import DatasetService, PendingDataset, StoredDataset

__all__ = [
    "CHECK",
    "CheckDataset",
    "DatasetService",
    "IncomingDataset",
    "PendingDataset",
    "StoredDataset",
    "remove_abandoned_files",
    "temporary_file",
]
