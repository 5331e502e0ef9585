"""A client in Python: makes an account, logs in, and keeps a task; tokens are refreshed when they have expired.

pip install requests
python examples/client.py                      # PORTERO=https://accounts.example.com names another service
"""

import os
import secrets
from typing import Any

import requests

SERVICE = os.environ.get("PORTERO", "http://localhost:8000")


class Portero(requests.Session):
    """A session that sends the access token with every request, and refreshes the tokens when they have expired."""

    tokens: dict[str, str]

    def log_in(self, login: str, password: str) -> None:
        """Trade a password for tokens."""
        self._keep(self.post("/login", json={"username": login, "password": password}))

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request to a path of the service. Raises requests.HTTPError, whose message is that of the problem."""
        answer = super().request(method, f"{SERVICE}{url}", *args, timeout=30, **kwargs)
        if answer.status_code == 401 and url != "/auth/refresh" and hasattr(self, "tokens"):
            # A refresh token works once: two threads must not refresh at the same time.
            self._keep(self.post("/auth/refresh", json={"refresh_token": self.tokens["refresh_token"]}))
            answer = super().request(method, f"{SERVICE}{url}", *args, timeout=30, **kwargs)
        if not answer.ok:
            problem = answer.json()
            raise requests.HTTPError(
                f"{answer.status_code} {problem['detail']} {problem.get('errors', '')}", response=answer
            )
        return answer

    def _keep(self, answer: requests.Response) -> None:
        self.tokens = answer.json()
        self.headers["Authorization"] = f"Bearer {self.tokens['access_token']}"


def main() -> None:
    """Make an account, log in, and add, change and remove a task."""
    name, password = f"ana-{secrets.token_hex(4)}", "correct horse battery"
    portero = Portero()
    portero.post("/register", json={"username": name, "email": f"{name}@example.com", "password": password})
    portero.log_in(name, password)
    print("logged in as", portero.get("/user").json()["username"])

    # The key makes it safe to send the request again: the task is made once.
    task = portero.post("/tasks", json={"title": "Buy milk"}, headers={"Idempotency-Key": secrets.token_hex()}).json()
    portero.patch(f"/tasks/{task['id']}", json={"completed": True})
    print("tasks:", [(each["title"], each["completed"]) for each in portero.get("/tasks").json()])

    portero.headers["Authorization"] = "Bearer expired"  # the next request refreshes the tokens
    portero.delete(f"/tasks/{task['id']}")
    print("tasks:", portero.get("/tasks").json())

    try:
        portero.post("/tasks", json={"title": ""})
    except requests.HTTPError as error:
        print("refused:", error)
    portero.delete("/user")


if __name__ == "__main__":
    main()
