"""The emulators of this run are real ones, and keep their projects apart as the fixtures say."""

import sys
from pathlib import Path
from uuid import uuid4

import firebase_admin
import pytest
import requests
from firebase_admin import auth
from firebase_admin.credentials import ApplicationDefault
from google.cloud import firestore

from tests.support import emulators


def test_a_document_is_read_as_written(
    firestore_emulator: str, firestore_project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator)
    written = {"name": "Ada", "logins": 3}
    firestore.Client(project=firestore_project).document("users/ada").create(written)
    assert firestore.Client(project=firestore_project).document("users/ada").get().to_dict() == written
    assert not firestore.Client(project="demo-other").document("users/ada").get().exists


def test_a_user_signs_in(auth_emulator: str, auth_project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", auth_emulator)
    email, uid = f"{uuid4().hex}@example.com", uuid4().hex
    client = _admin(auth_project)
    client.create_user(uid=uid, email=email, password="correct horse")

    answer = _sign_in(auth_emulator, email)

    assert answer.json()["localId"] == uid
    assert client.verify_id_token(answer.json()["idToken"])["uid"] == uid


def test_a_user_of_another_project_cannot_sign_in(auth_emulator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", auth_emulator)
    email, uid = f"{uuid4().hex}@example.com", uuid4().hex
    client = _admin(f"demo-{uid}")
    client.create_user(uid=uid, email=email, password="correct horse")

    assert [user.uid for user in client.list_users().users] == [uid]
    assert _sign_in(auth_emulator, email).json()["error"]["message"] == "EMAIL_NOT_FOUND"


def test_an_emulator_that_the_environment_names_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "firestore:8080")
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "auth:9099")
    with emulators.firestore() as documents, emulators.firebase_auth() as users:
        assert (documents, users) == ("firestore:8080", "auth:9099")


def test_no_emulator_is_an_error_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(emulators, "NODE_MODULES", tmp_path)
    with pytest.raises(emulators.NotReady, match="Install the Google Cloud CLI"), emulators.firestore():
        pass


def test_a_server_and_what_it_started_end_with_the_block() -> None:
    port = emulators.free_port()
    server = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-m', 'http.server', '{port}', '-b', '127.0.0.1'])"
    )
    with emulators.running([sys.executable, "-c", server], ready=f"http://127.0.0.1:{port}/"):
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=60).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/", timeout=60)


def test_a_server_that_ends_early_is_reported_with_its_output() -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such database')"]
    with (
        pytest.raises(emulators.NotReady, match=r"ended with status 1[^$]*\$[^$]*no such database"),
        emulators.running(command, ready="127.0.0.1:1"),
    ):
        pass


def _admin(project: str) -> auth.Client:
    return auth.Client(firebase_admin.App(project, ApplicationDefault(), {"projectId": project}))


def _sign_in(emulator: str, email: str) -> requests.Response:
    url = f"http://{emulator}/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=any"
    return requests.post(url, json={"email": email, "password": "correct horse", "returnSecureToken": True}, timeout=60)
