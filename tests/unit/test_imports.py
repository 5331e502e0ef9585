"""What a deployment has not chosen is not loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "celery",
    "firebase_admin",
    "google.cloud.firestore",
    "google.cloud.storage",
    "grpc",
    "obstore",
    "polars",
    "redis",
    "sqlalchemy",
}

PROGRAM = """
import sys
from src.main import create_app
from src.bootstrap.prepare import prepare
from src.settings import load_settings
prepare(load_settings())
create_app().test_client().get("/ready")
print(*sorted({heavy} & set(sys.modules)))
"""


@pytest.mark.parametrize(("store", "loaded"), [("memory://", set()), ("sqlite:///portero.db", {"sqlalchemy"})])
def test_only_the_chosen_store_is_loaded(tmp_path: Path, store: str, loaded: set[str]) -> None:
    root = str(Path(__file__).parents[2])
    environment = {"PYTHONPATH": root, "STORE_URL": store, "DATA_DIR": str(tmp_path), "PATH": ""}
    program = PROGRAM.format(heavy=repr(HEAVY))
    ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert set(ran.stdout.split()) == loaded
