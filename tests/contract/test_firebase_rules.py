"""The rules in the documentation, on the emulators of Firestore and Firebase Auth: they read the mirrored role."""

import pytest
import requests

from src.domain.values import Role
from tests.contract.test_identity import connected, firebase
from tests.e2e.firebase import Firebase
from tests.support.markdown import ROOT, blocks
from tests.support.world import PASSWORD, Person, build, client_of, join

__all__ = ["firebase"]  # a fixture

PAGE = ROOT / "docs/how-to/firebase.md"


@pytest.fixture
def prices(firebase: Firebase, firestore_emulator: str) -> str:
    """Load the rules of the documentation. Return the URL of the collection that they protect."""
    [rules] = [text for language, text in blocks(PAGE) if language == "plaintext" and "rules_version" in text]
    loaded = requests.put(
        f"http://{firestore_emulator}/emulator/v1/projects/{firebase.project}:securityRules",
        json={"rules": {"files": [{"name": "firestore.rules", "content": rules}]}},
        timeout=30,
    )
    assert loaded.ok, loaded.text
    return f"http://{firestore_emulator}/v1/projects/{firebase.project}/databases/(default)/documents/prices"


def test_only_admins_write_what_the_rules_leave_to_admins(firebase: Firebase, prices: str) -> None:
    client = client_of(build(remote=connected(firebase)))
    admin, other = join(client, "admin"), join(client)

    def write(person: Person) -> int:
        signed_in = firebase.sign_in(person.user["email"], PASSWORD)
        assert signed_in
        headers = {"Authorization": f"Bearer {signed_in.id_token}"}
        body = {"fields": {"euros": {"integerValue": "5"}}}
        return requests.patch(f"{prices}/tea", json=body, headers=headers, timeout=30).status_code

    assert (write(other), write(admin)) == (403, 200)
    promoted = client.put(other.at("/users/{id}"), json={"role": Role.ADMIN}, headers=admin.headers)
    assert promoted.status_code == 200
    assert write(other) == 200
    client.put(admin.at("/users/{id}"), json={"role": Role.USER}, headers=admin.headers)
    assert write(admin) == 403
