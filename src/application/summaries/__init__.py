"""Summaries of reports in plain language, each with a suggested schema that is stricter than the current one."""

from src.application.summaries.profiles import Profile, shown_positions
from src.application.summaries.rules import ENGLISH, Summary, grouped, summarise_by_rules
from src.application.summaries.service import Advice, Adviser, Summariser
from src.application.summaries.statistics import Statistics

__all__ = [
    "ENGLISH",
    "Advice",
    "Adviser",
    "Profile",
    "Statistics",
    "Summariser",
    "Summary",
    "grouped",
    "shown_positions",
    "summarise_by_rules",
]
