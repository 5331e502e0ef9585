"""Flask-JWT-Extended with Flask-SQLAlchemy, after the page "Automatic User Loading" of its documentation.

``python app.py`` creates the tables. The file of the database is in the environment variable DATABASE.
"""

import os
from datetime import timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from flask import Flask, jsonify, request
from flask_jwt_extended import JWTManager, create_access_token, current_user, jwt_required
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "a secret of the benchmark, which protects nothing"
app.config["JWT_ACCESS_TOKEN_EXPIRES"] = timedelta(hours=1)
app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{os.environ['DATABASE']}"
jwt = JWTManager(app)
db = SQLAlchemy(app)
hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


class User(db.Model):
    """A user."""

    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.Text, nullable=False, unique=True)
    email = db.Column(db.Text, nullable=False, unique=True)
    password = db.Column(db.Text, nullable=False)


def view(user: User) -> dict[str, Any]:
    """Return what a client sees of a user."""
    return {"id": user.id, "username": user.username, "email": user.email}


@jwt.user_lookup_loader
def load_user(_: object, claims: dict[str, Any]) -> User | None:
    """Return the user of a token."""
    return db.session.get(User, int(claims["sub"]))


@app.post("/register")
def register() -> tuple[dict[str, Any], int]:
    """Create a user."""
    fields = request.get_json()
    user = User(username=fields["username"], email=fields["email"], password=hasher.hash(fields["password"]))
    db.session.add(user)
    db.session.commit()
    return view(user), 201


@app.post("/login")
def login() -> Any:
    """Return an access token for a username and a password."""
    fields = request.get_json()
    user = User.query.filter_by(username=fields["username"]).one_or_none()
    if user is None:
        return jsonify("Wrong username or password"), 401
    try:
        hasher.verify(user.password, fields["password"])
    except VerifyMismatchError:
        return jsonify("Wrong username or password"), 401
    return jsonify(access_token=create_access_token(identity=str(user.id)))


@app.get("/user")
@jwt_required()
def get_user() -> dict[str, Any]:
    """Return the caller."""
    return view(current_user)


if __name__ == "__main__":
    with app.app_context():
        db.session.execute(text("PRAGMA journal_mode=WAL"))
        db.create_all()
