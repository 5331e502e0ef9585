"""Flask-Security with Flask-SQLAlchemy, after the quick start of its documentation, with tokens instead of cookies.

``python app.py`` creates the tables. The file of the database is in the environment variable DATABASE.
"""

import os
from typing import Any

from flask import Flask
from flask_security import Security, SQLAlchemyUserDatastore, auth_required, current_user
from flask_security.models import fsqla_v3 as fsqla
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text

app = Flask(__name__)
app.config |= {
    "SECRET_KEY": "a secret of the benchmark, which protects nothing",
    "SECURITY_PASSWORD_SALT": "146585145368132386173505678016728509634",
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
        "argon2__time_cost": 2,
        "argon2__memory_cost": 19456,
        "argon2__parallelism": 1,
    },
    "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
    "SECURITY_REGISTERABLE": True,
    "SECURITY_SEND_REGISTER_EMAIL": False,
    "SECURITY_USE_REGISTER_V2": True,
    "SECURITY_PASSWORD_CONFIRM_REQUIRED": False,
    "WTF_CSRF_ENABLED": False,
    "SQLALCHEMY_DATABASE_URI": f"sqlite:///{os.environ['DATABASE']}",
}
db = SQLAlchemy(app)
fsqla.FsModels.set_db_info(db)


class Role(db.Model, fsqla.FsRoleMixin):
    """A role."""


class User(db.Model, fsqla.FsUserMixin):
    """A user."""


security = Security(app, SQLAlchemyUserDatastore(db, User, Role))


@app.get("/user")
@auth_required("token")
def get_user() -> dict[str, Any]:
    """Return the caller."""
    return {"id": current_user.id, "email": current_user.email}


if __name__ == "__main__":
    with app.app_context():
        db.session.execute(text("PRAGMA journal_mode=WAL"))
        db.create_all()
