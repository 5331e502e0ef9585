"""Import a thousand users into Firebase Auth with the Admin SDK. Each gets a profile in Portero at the first visit.

    FIREBASE_AUTH_EMULATOR_HOST=127.0.0.1:9099 GOOGLE_CLOUD_PROJECT=demo-portero python examples/import_users.py

The Admin SDK does not check whether an address is used twice. Their password is "correct horse battery", hashed as
another service has kept it: HMAC-SHA256 with a salt for each user.
"""

import hashlib
import hmac
import os
import secrets
import sys

import firebase_admin
from firebase_admin import auth

KEY = secrets.token_bytes(32)
PASSWORD = b"correct horse battery"


def record(number: int) -> auth.ImportUserRecord:
    """Return the user with this number as another service has kept it."""
    salt = secrets.token_bytes(16)
    return auth.ImportUserRecord(
        uid=f"imported-{number:04}",
        email=f"user{number:04}@example.com",
        email_verified=True,
        display_name=f"User {number}",
        password_hash=hmac.digest(KEY, PASSWORD + salt, hashlib.sha256),
        password_salt=salt,
    )


def main() -> int:
    """Import the users, a thousand in one call, which is the most. Return the number of refused users."""
    firebase_admin.initialize_app(options={"projectId": os.environ["GOOGLE_CLOUD_PROJECT"]})
    users = [record(number) for number in range(1000)]
    done = auth.import_users(users, hash_alg=auth.UserImportHash.hmac_sha256(key=KEY))
    for error in done.errors:
        print(f"{users[error.index].uid}: {error.reason}", file=sys.stderr)
    print(f"Imported {done.success_count} users.")
    return done.failure_count


if __name__ == "__main__":
    sys.exit(bool(main()))
