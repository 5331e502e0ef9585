"""What people do with datasets, and the job that checks a large one."""

from src.application.datasets.checking import CHECK, CheckDataset
from src.application.datasets.receiving import SPOOLED, Received, spooled
from src.application.datasets.service import DatasetService, StoredDataset

__all__ = ["CHECK", "SPOOLED", "CheckDataset", "DatasetService", "Received", "StoredDataset", "spooled"]
