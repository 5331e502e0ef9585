"""Attacks the service for a long time, and publishes the results: ``make torture``.

Each target runs rounds that are numbered and seeded. A round calls the functions that the tests call, and fails like a
test. The counts of a run are stored in ``torture/results``; docs/explanation/assurance.md shows them.
"""
