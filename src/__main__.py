"""Runs the command line."""

from src.bootstrap.loading import loading


def load_and_run() -> None:
    """Load what all commands need, and run the command line."""
    with loading():
        from src.main import main

    main()


if __name__ == "__main__":
    load_and_run()
