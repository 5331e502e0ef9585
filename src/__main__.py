"""Runs the command line."""

import gc


def load_and_run() -> None:
    """Load the service without looking for garbage, because all that is loaded stays; then run the command line.

    What is loaded is never examined again either. The processes of the web server therefore share it after a fork.
    """
    gc.disable()
    from src.main import main

    gc.freeze()
    gc.enable()
    main()


if __name__ == "__main__":
    load_and_run()
