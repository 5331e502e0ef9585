"""What was found in a table, for people: a text, and a schema that asks for more."""

from src.application.summaries.rules import Summary, summarise_by_rules
from src.application.summaries.service import Advice, Adviser, Summarise
from src.application.summaries.statistics import Statistics

__all__ = ["Advice", "Adviser", "Statistics", "Summarise", "Summary", "summarise_by_rules"]
