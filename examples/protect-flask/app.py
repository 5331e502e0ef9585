"""A back end in Flask that is protected by Portero. Start it with `flask run`."""

import os
from typing import Any

from flask import Flask

from portero_client.flask import current_user, protect
from portero_client.verify import Verifier


def create_app(verifier: Verifier | None = None) -> Flask:
    """Return the application. PORTERO is the URL of the accounts service."""
    app = Flask(__name__)
    verifier = verifier or Verifier(os.environ.get("PORTERO", "http://localhost:8000"))

    @app.get("/orders")
    @protect(verifier)
    def list_orders() -> dict[str, Any]:
        return {"user": current_user().id, "orders": []}

    @app.post("/payments")
    @protect(verifier, max_age=600)
    def pay() -> dict[str, str]:
        return {"paid_by": current_user().id}

    @app.get("/reports")
    @protect(verifier, roles=["admin"], acr="aal2")
    def show_reports() -> dict[str, str]:
        return {"read_by": current_user().id}

    return app
