"""Benchmarks: Portero against bare Flask, its peers, and bare loops. See docs/performance.md."""
