"""Compiled files of leaked passwords."""

from pathlib import Path

from src.infrastructure.breaches.compiling import compile_list

LEAKED_PASSWORD = "leaked zebra battery"


def compiled(folder: Path, *lines: str) -> Path:
    """Compile a list of leaked passwords with these lines into a file in ``folder``, and return its path."""
    source, target = folder / "leaked.txt", folder / "leaked.compiled"
    source.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    compile_list(source, target, lambda _: None)
    return target
