"""Runs the command line."""

import signal
import sys

from src.bootstrap.garbage import without_garbage_collection


def load_and_run() -> None:
    """Load what all commands need, during which Ctrl-C ends the process at once, and run the command line."""
    on_interrupt = signal.getsignal(signal.SIGINT)
    if on_interrupt is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback is printed
    try:
        with without_garbage_collection():
            from src.main import main
    except ModuleNotFoundError as error:  # also while `make run` still installs
        sys.exit(f"portero: {error.name} is not installed; type 'make run', or wait for the one that is running")
    signal.signal(signal.SIGINT, on_interrupt)
    main()


if __name__ == "__main__":
    load_and_run()
