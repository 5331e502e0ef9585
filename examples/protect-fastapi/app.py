"""A back end in FastAPI that is protected by Portero. Start it with `uvicorn --factory app:create_app --port 5000`."""

import os
from typing import Annotated, Any

from fastapi import Depends, FastAPI

from portero_client.fastapi import protect
from portero_client.verify import User, Verifier


def create_app(verifier: Verifier | None = None) -> FastAPI:
    """Return the application. PORTERO is the URL of the accounts service."""
    app = FastAPI()
    verifier = verifier or Verifier(os.environ.get("PORTERO", "http://localhost:8000"))

    @app.get("/orders")
    def list_orders(user: Annotated[User, Depends(protect(verifier))]) -> dict[str, Any]:
        return {"user": user.id, "orders": []}

    @app.post("/payments")
    def pay(user: Annotated[User, Depends(protect(verifier, max_age=600))]) -> dict[str, str]:
        return {"paid_by": user.id}

    @app.get("/reports")
    def show_reports(user: Annotated[User, Depends(protect(verifier, roles=["admin"], acr="aal2"))]) -> dict[str, str]:
        return {"read_by": user.id}

    return app
