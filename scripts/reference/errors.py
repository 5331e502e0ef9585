"""The kinds of errors, from the catalogue that explains them on the pages of the service."""

from scripts.reference.markdown import table
from src.interfaces.errors.catalogue import CATALOGUE


def kinds() -> str:
    """Return a table of the kinds of errors, by status."""
    rows = [(f"`{code}`", str(kind.status), kind.cause, kind.remedy) for code, kind in CATALOGUE.items()]
    return table(["code", "status", "cause", "what to do"], sorted(rows, key=lambda row: row[1]))
