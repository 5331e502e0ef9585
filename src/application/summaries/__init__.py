"""Summaries of reports in plain language, each with a suggested schema that is stricter than the current one."""

from src.application.summaries.rules import ENGLISH, Summary, summarise_by_rules
from src.application.summaries.service import Advice, Adviser, Summarise
from src.application.summaries.statistics import Statistics

__all__ = ["ENGLISH", "Advice", "Adviser", "Statistics", "Summarise", "Summary", "summarise_by_rules"]
