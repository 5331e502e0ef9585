"""The official SDKs of Firebase, against the Auth emulator: JavaScript for users, Python for administrators."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import firebase_admin
from firebase_admin import auth
from firebase_admin.credentials import ApplicationDefault

PASSWORD = "correct horse battery"
_CLIENT = Path(__file__).parents[1] / "js" / "firebase_client.mjs"
_names = count(1)


class SdkError(Exception):
    """The SDK has refused a call. The message is the code of the error, such as "auth/user-disabled"."""


class Node:
    """A Node process with the JavaScript SDK. It executes one command at a time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def device(self) -> "Device":
        """Return a device on which nobody has signed in."""
        return Device(self, f"device-{next(_names)}")

    def call(self, *words: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise SdkError(answer["error"])
        return answer["value"]


@dataclass(frozen=True)
class Device:
    """A phone or a browser tab with the SDK. The methods are the commands of firebase_client.mjs."""

    node: Node
    name: str

    def __getattr__(self, command: str) -> Any:
        return lambda *arguments: self.node.call(self.name, command, *arguments)

    @property
    def id_token(self) -> str:
        """The ID token that the SDK sends with each request."""
        return str(self.node.call(self.name, "token", False))

    @property
    def fresh_token(self) -> str:
        """A new ID token, which the SDK gets with its refresh token."""
        return str(self.node.call(self.name, "token", True))


@contextmanager
def node(host: str, project: str) -> Iterator[Node]:
    """Run a Node process whose SDK uses the Auth emulator at ``host``."""
    command = ["node", str(_CLIENT), host, project]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Node(process)
        finally:
            process.kill()


def admin_sdk(project: str) -> auth.Client:
    """Return the Admin SDK of a project. It uses the emulator in FIREBASE_AUTH_EMULATOR_HOST."""
    return auth.Client(firebase_admin.App(f"admin-{next(_names)}", ApplicationDefault(), {"projectId": project}))
