"""Runs all benchmarks, which takes some minutes.

python -m bench [ROWS] [REPEATS]
"""

import sys

from bench import datasets, tables
from bench.measures import show


def main(rows: int, repeats: int) -> None:
    """Print every measure. The machine should be idle otherwise."""
    sys.stdout.write("x: time as a multiple of a bare loop over csv.reader; the median of the repeats\n")
    for bench in (tables, datasets):
        for line in show(bench.measure(rows, repeats)):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*map(int, (sys.argv[1:] + ["1000000", "3"][len(sys.argv) - 1 :])))
