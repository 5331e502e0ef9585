"""The cryptography that the code uses is listed on the page of assurance."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from torture.evidence import PAGE, ROOT

LIBRARIES = {"argon2", "bcrypt", "cryptography", "fido2", "hmac", "jwt", "ssl", "standardwebhooks"}
BROKEN = re.compile(r"\b(md5|sha1|SHA1|MD5|ECB|CBC|TripleDES|ARC4)\b")


def imports(path: Path) -> set[str]:
    """Return the packages that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def users_of(packages: set[str]) -> Iterator[str]:
    """Yield the files of the service that import one of these packages."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        if imports(path) & packages:
            yield path.relative_to(ROOT).as_posix()


def test_the_page_lists_every_module_that_uses_cryptography() -> None:
    section = PAGE.read_text("utf-8").partition("## Cryptography\n")[2].partition("\n## ")[0]
    listed, found = set(re.findall(r"`(src/[^`]+)`", section)), set(users_of(LIBRARIES))
    assert found - listed == set(), "add what these modules use to docs/explanation/assurance.md"
    assert listed - found == set(), "these modules are gone or use none: take them out of docs/explanation/assurance.md"


def test_broken_hashes_are_used_only_to_look_passwords_up_and_to_import_hashes() -> None:
    calls = {
        path
        for path in users_of({"hashlib", *LIBRARIES})
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
        if isinstance(node, ast.Attribute | ast.Name) and BROKEN.search(ast.unparse(node))
    }
    assert {each.partition("/infrastructure/")[2].rpartition("/")[0] for each in calls} <= {
        "breaches",
        "identity/foreign_hashes",
    }


def test_secrets_come_from_the_generator_of_the_system() -> None:
    """The module ``random`` only decides how long to wait before a repetition."""
    assert set(users_of({"random"})) == {
        "src/application/jobs/runner.py",
        "src/application/webhooks/dispatch.py",
        "src/infrastructure/conflicts.py",
    }
