"""The generated files of the clients match the OpenAPI document of the service."""

from pathlib import Path

from clients.generate import __main__ as generate

REMEDY = "The OpenAPI document has changed: run `make clients`, and commit what it writes."


def test_the_generated_files_fit_the_document(tmp_path: Path) -> None:
    generate.main(tmp_path)
    made = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*") if path.is_file()}
    assert made
    changed = [name for name, path in made.items() if path.read_bytes() != (generate.CLIENTS / name).read_bytes()]
    assert changed == [], REMEDY
