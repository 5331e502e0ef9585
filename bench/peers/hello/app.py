"""Bare Flask: the least that a request costs."""

from flask import Flask

app = Flask(__name__)


@app.get("/user")
def hello() -> dict[str, str]:
    """Return a constant."""
    return {"hello": "world"}
