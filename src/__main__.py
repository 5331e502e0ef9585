"""Runs the command line."""

import signal
import sys

from src.bootstrap.garbage import without_garbage_collection


def load_and_run() -> None:
    """Import the commands, and run the command line. During the imports, Ctrl-C ends the process at once."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback is printed; `portero` has ignored it until here
    try:
        with without_garbage_collection():
            from src.main import main
    except ModuleNotFoundError as error:  # also while `make run` still installs
        if (error.name or "").partition(".")[0] == "src":
            raise  # no installation adds a file of the service
        hint = "type 'make run', or wait until a running installation is done"
        sys.exit(f"portero: {error.name} is not installed; {hint}")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()


if __name__ == "__main__":
    load_and_run()
