"""The licences of the packages in the image allow a service that is not free software."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

import pytest

from tests.support.markdown import ROOT

PERMISSIVE = re.compile(r"MIT|BSD|Apache|ISC|PSF|Unlicense|MPL|Mozilla|Python Software Foundation", re.IGNORECASE)
COPYLEFT = re.compile(r"GPL|Affero|SSPL|BUSL|Commons Clause|proprietary", re.IGNORECASE)
LIBRARIES = {"psycopg", "psycopg-binary"}
"""Packages under the LGPL, which may be used unchanged as libraries that are loaded at run time."""


def packages() -> Iterator[Distribution]:
    """Yield the packages of the image that this Python needs too."""
    for file in ("requirements.txt", "requirements/extras.txt"):
        names = re.findall(r"^([\w.-]+)(?:\[.*?\])?==", (ROOT / file).read_text("utf-8"), re.MULTILINE)
        assert names
        for name in names:
            try:
                yield distribution(name)
            except PackageNotFoundError:
                continue  # only another Python or system needs it


def licence(package: Distribution) -> str:
    """Return what a package says about its licence, or the beginning of the licence's text."""
    said = package.metadata
    named = [*said.get_all("License-Expression", []), *said.get_all("License", [])]
    named += [each for each in said.get_all("Classifier", []) if each.startswith("License ::")]
    files = [each for each in package.files or () if re.search("licen[cs]e|copying", str(each), re.IGNORECASE)]
    return " ".join(named) or files[0].read_text("utf-8")[:500]


@pytest.mark.parametrize("package", [*packages()], ids=lambda each: each.metadata["Name"])
def test_a_package_of_the_image_has_a_licence_that_allows_any_use(package: Distribution) -> None:
    said = licence(package)
    if package.metadata["Name"] in LIBRARIES:
        assert said == "LGPL-3.0-only"
    else:
        assert PERMISSIVE.search(said), said
        assert not COPYLEFT.search(said), said
