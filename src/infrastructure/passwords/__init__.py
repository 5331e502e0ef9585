"""The most used passwords.

``common.txt`` holds those of four characters and more among the 30 000 most frequent passwords of public
breaches, as counted by the zxcvbn project (data of its release 4.5, MIT licence), in lower case.
"""

from importlib.resources import files


def common_passwords() -> frozenset[str]:
    """The list; a password is looked up folded."""
    return frozenset(files(__name__).joinpath("common.txt").read_text("utf-8").split("\n"))
