"""Libraries are loaded when they are needed, and not before."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "alembic",
    "babel",
    "boto3",
    "botocore",
    "celery",
    "email_validator",
    "fido2",
    "firebase_admin",
    "google.cloud.firestore",
    "google.cloud.storage",
    "grpc",
    "httpx2",
    "mako",
    "obstore",
    "opentelemetry",
    "polars",
    "prometheus_client",
    "re2",
    "redis",
    "sqlalchemy",
    "unicodedataplus",
}

PREPARE = """
from src.bootstrap.prepare import prepare
from src.settings import load_settings
prepare(load_settings())
"""

PROGRAM = """
import sys
from src.main import create_app
from src.bootstrap.prepare import prepare
from src.settings import load_settings
prepare(load_settings())
create_app().test_client().get("/ready")
print(*sorted({heavy} & set(sys.modules)))
"""


@pytest.mark.parametrize("store", ["memory://", "sqlite:///portero.db"])
def test_a_start_with_a_prepared_store_loads_nothing_heavy(tmp_path: Path, store: str) -> None:
    _output(PREPARE, tmp_path, store)
    assert _output(PROGRAM.format(heavy=repr(HEAVY)), tmp_path, store).split() == []


ACCOUNT_PROGRAM = """
import sys
from src.main import create_app
from src.bootstrap.prepare import prepare
from src.settings import load_settings
prepare(load_settings())
client = create_app().test_client()
account = {"username": "zo\u00eb", "password": "correct horse battery", "email": "anna@example.com"}
for path in ("/login", "/register"):
    client.post(path, json=account)
    print(path, *sorted({"email_validator", "unicodedataplus"} & set(sys.modules)))
"""


def test_what_checks_new_names_is_loaded_at_the_first_one(tmp_path: Path) -> None:
    assert _output(ACCOUNT_PROGRAM, tmp_path, "memory://").splitlines() == [
        "/login",
        "/register email_validator unicodedataplus",
    ]


ENTRY_PROGRAM = """
import gc, sys
import src.__main__ as entry
assert "src.main" not in sys.modules
import src.main
src.main.main = lambda: print(gc.isenabled(), gc.get_freeze_count() > 10_000)
entry.load_and_run()
"""


def test_what_is_loaded_is_not_garbage_collected(tmp_path: Path) -> None:
    assert _output(ENTRY_PROGRAM, tmp_path, "memory://").split() == ["True", "True"]


LATE_PROGRAM = """
import sys
import src.main
print(*sorted({"src.bootstrap.check", "src.bootstrap.demo", "src.interfaces.app"} & set(sys.modules)))
from src.interfaces.framework.bodies import Body
from src.interfaces.views import View
src.main.create_app().test_client().get("/user")
print(*sorted(m.__name__ for base in (Body, View) for m in base.__subclasses__() if m.__pydantic_complete__))
"""


def test_commands_load_no_http_interface_and_requests_build_the_models_they_use(tmp_path: Path) -> None:
    _output(PREPARE, tmp_path, "memory://")
    assert _output(LATE_PROGRAM, tmp_path, "memory://").splitlines() == ["", ""]


def test_a_module_in_the_working_directory_takes_no_librarys_place(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise SystemExit('shadowed')")
    portero = Path(__file__).parents[2] / "portero"
    ran = subprocess.run([portero, "--version"], cwd=tmp_path, capture_output=True, text=True)
    assert ran.stdout.startswith("portero "), ran.stderr


def _output(program: str, folder: Path, store: str) -> str:
    root = str(Path(__file__).parents[2])
    environment = {"PYTHONPATH": root, "STORE_URL": store, "DATA_DIR": str(folder), "PATH": ""}
    ran = subprocess.run([sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return "".join(line for line in ran.stdout.splitlines(True) if not line.startswith("{"))
