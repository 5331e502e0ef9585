"""Sends generated requests to a running service with Schemathesis."""

import re
import sys
from pathlib import Path
from typing import Literal

from interop.running import Complaint, run

HERE = Path(__file__).parent
BEYOND = "positive_data_acceptance,allow_header_conformance,unsupported_method"
"""Checks that do not apply. A schema cannot express rules such as uniqueness, so that valid data may be refused. Allow
also lists the aliases of a path, which the document leaves out."""

Sender = Literal["admin", "user", "nobody"]


def fuzz(url: str, *, admin: str, sender: Sender = "admin", examples: int, phases: str, seed: int | None = None) -> int:
    """Send generated requests, with every check of Schemathesis that applies. Return the number of cases.

    ``admin`` is the token of the admin who creates the users that send the requests. ``examples`` is the number of
    requests for each operation, on top of those at the bounds of its schema. Raises Complaint.
    """
    options = ["--checks", "all", "--exclude-checks", BEYOND, "--continue-on-failure", "--suppress-health-check", "all"]
    options += [
        "--max-examples",
        str(examples),
        "--phases",
        phases,
        *(["--seed", str(seed)] if seed is not None else []),
    ]
    program = (Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis.toml")
    hooks = {"SCHEMATHESIS_HOOKS": "interop.hooks", "INTEROP_URL": url, "INTEROP_ADMIN": admin, "INTEROP_ROLE": sender}
    said = run(*program, "run", f"{url}/openapi.json", "--no-color", *options, environment=hooks)
    found = re.search(r"(\d+) generated, (\d+) passed", said)
    if not found or found[1] != found[2]:
        raise Complaint(said[-6000:])
    return int(found[1])
