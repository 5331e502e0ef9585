"""Runs each tool, prints its result, and fails when a tool complains."""

import json
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import requests

from interop.fuzzing import fuzz
from interop.running import ROOT, VENV, Complaint, run
from tests.e2e.service import PASSWORD, serving
from tests.support.emulators import free_port

HERE = Path(__file__).parent
TOOLS = HERE / "node_modules/.bin"
ADMIN = "root@example.com"
CASES = 10_000
"""The number of requests that Schemathesis must at least have sent."""
EXAMPLES = 160
"""The number of requests for each operation, on top of those at the bounds of its schema. It gives enough cases."""


def spectral(documents: list[Path]) -> str:
    """Lint the document, with and without the aliases, with Spectral's rules for OpenAPI."""
    run(TOOLS / "spectral", "lint", "--fail-severity", "hint", "-r", HERE / "spectral.yaml", *documents)
    return "0 errors, 0 warnings, 0 hints, with and without the aliases"


def libraries() -> str:
    """Run the tests that use the OAuth2 libraries, Redocly and a strict TypeScript client."""
    said = run(
        sys.executable, "-m", "pytest", "-q", "tests/e2e/test_oauth_libraries.py", "tests/e2e/test_openapi_tools.py"
    )
    return f"{said.strip().splitlines()[-1].partition(' in ')[0]}, 0 warnings"


def python_client(document: Path, url: str, scratch: Path) -> str:
    """Make a Python client, check a program that uses it with mypy, and run the program."""
    out = scratch / "pyclient"
    generator = (VENV / "openapi-python-client", "generate", "--fail-on-warning", "--meta", "none")
    run(*generator, "--path", document, "--output-path", out)
    program = scratch / "client_check.py"
    program.write_text((HERE / "client_check.py").read_text("utf-8"), "utf-8")
    # mypy checks the program with the types that the client declares, and ignores errors inside the generated client.
    run(
        VENV / "mypy",
        "--strict",
        "--follow-imports",
        "silent",
        program.name,
        cwd=scratch,
        environment={"MYPYPATH": str(scratch)},
    )
    run(VENV / "python", program.name, url, cwd=scratch, environment={"PYTHONPATH": str(scratch)})
    return "0 warnings; a strictly typed program logs in, makes a task and lists it"


def postman(document: Path, url: str) -> str:
    """Make a Postman collection and send each of its requests."""
    said = json.loads(run("node", HERE / "postman.mjs", document, url, _token(url)).strip().splitlines()[-1])
    if said["failures"]:
        raise Complaint("\n".join(said["failures"]))
    return f"{said['requests']} requests, 0 undocumented answers"


def schemathesis(url: str) -> str:
    """Send generated requests, with every check of Schemathesis that applies."""
    cases = fuzz(url, admin=_token(url), examples=EXAMPLES, phases="examples,coverage,fuzzing")
    if cases < CASES:
        raise Complaint(f"Schemathesis has sent {cases} requests only.")
    return f"{cases} cases, 0 failures"


def report(url: str, scratch: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and version of each tool, and its result."""
    documents = []
    for name, query in (("openapi.json", ""), ("aliases.json", "?aliases=true")):
        documents.append(scratch / name)
        documents[-1].write_text(requests.get(f"{url}/openapi.json{query}", timeout=10).text, "utf-8")
    node = {**_pins("interop"), **_pins("tests/js")}
    names = ("oauth4webapi", "openid-client", "jose", "@redocly/cli", "openapi-typescript", "typescript")
    python = ("requests-oauthlib", "authlib")
    yield f"Spectral {node['@stoplight/spectral-cli']}", spectral(documents)
    tested = [f"{name} {node[name]}" for name in names] + [f"{name} {version(name)}" for name in python]
    yield ", ".join(tested), libraries()
    made_by = run(VENV / "openapi-python-client", "--version").split()[-1]
    yield f"openapi-python-client {made_by}", python_client(documents[0], url, scratch)
    sent_by = f"openapi-to-postmanv2 {node['openapi-to-postmanv2']}, newman {node['newman']}"
    yield sent_by, postman(documents[0], url)
    yield f"Schemathesis {version('schemathesis')}", schemathesis(url)


def _token(url: str) -> str:
    """Return a new access token of the admin, because some tools end every session."""
    credentials = {"email": ADMIN, "password": PASSWORD}
    return str(requests.post(f"{url}/login", json=credentials, timeout=10).json()["access_token"])


def _pins(folder: str) -> dict[str, str]:
    pins: dict[str, str] = json.loads((ROOT / folder / "package.json").read_text("utf-8"))["devDependencies"]
    return pins


def main() -> None:
    """Start the service and run the tools against it."""
    port = free_port()
    url = f"http://localhost:{port}"
    settings = {"ISSUER": url, "SERVICE_CREDENTIALS": f"billing:{'x' * 16}", "ACCESS_TOKEN_SECONDS": "86400"}
    settings |= {"ADMIN_EMAIL": ADMIN, "ADMIN_PASSWORD": PASSWORD, "DOG_API_URL": "http://localhost:9/"}
    with tempfile.TemporaryDirectory() as scratch, serving(Path(scratch) / "data", port, settings):
        try:
            for tools, said in report(url, Path(scratch)):
                print(f"{tools}: {said}", flush=True)
        except Complaint as complaint:
            sys.exit(f"{complaint}\nportero: a tool complains.")
    print("No tool complains.")


if __name__ == "__main__":
    main()
