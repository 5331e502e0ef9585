"""Runs targets for a time, and writes their figures.

``python -m torture`` gives every target its share of the time; with the names of targets, they run to their end.
"""

import argparse
import logging
import signal

from flask import Flask

from tests.support.rules import CompiledOnce
from torture import page
from torture.runs import advance, current_commit, resume
from torture.targets import TARGETS

_SAMPLE_MINUTES = 30
_DAY_MINUTES = 24 * 60


def main() -> None:
    """Run the targets that the command line names, or a sample of all."""
    # A signal that stops a run also stops the servers that it has started, as Ctrl-C does.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    parser = argparse.ArgumentParser(prog="python -m torture", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*TARGETS, []], metavar="NAME", help=", ".join(TARGETS))
    parser.add_argument("--minutes", type=float, help="for all targets together; a later run goes on where it ended")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    minutes = options.minutes or (_DAY_MINUTES if options.names else _SAMPLE_MINUTES)
    targets = [TARGETS[name] for name in options.names or TARGETS]
    commit = current_commit()
    logging.disable()  # the attacks provoke many errors
    Flask.url_rule_class = CompiledOnce
    for target in targets:
        run = resume(target, options.seed, commit)
        advance(target, run, 60 * minutes / len(targets))
        done = f"{run.rounds} of {run.goal} rounds in {run.seconds:.0f} s"
        print(f"{target.name}: {done}: {page.counted(run)}", flush=True)
    page.write()


if __name__ == "__main__":
    main()
