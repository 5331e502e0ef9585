"""Benchmarks, as ratios to a bare loop over the rows of the csv module."""
