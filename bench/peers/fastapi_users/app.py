"""fastapi-users with SQLAlchemy, after the full example of its documentation.

``python app.py`` creates the tables. The file of the database is in the environment variable DATABASE.
"""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin, schemas
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from fastapi_users.password import PasswordHelper
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

SECRET = "a secret of the benchmark, which protects nothing"
HASH = PasswordHelper(PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19456, parallelism=1),)))


class Base(DeclarativeBase):
    """The base of the tables."""


class User(SQLAlchemyBaseUserTableUUID, Base):
    """A user."""


class UserRead(schemas.BaseUser[uuid.UUID]):
    """The properties of a user in a response."""


class UserCreate(schemas.BaseUserCreate):
    """The body of a request to register."""


engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['DATABASE']}")
new_session = async_sessionmaker(engine, expire_on_commit=False)


class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    """The use cases of users."""

    reset_password_token_secret = SECRET
    verification_token_secret = SECRET


async def get_session() -> AsyncIterator[AsyncSession]:
    """Yield a session of the database for one request."""
    async with new_session() as session:
        yield session


async def get_manager(session: Annotated[AsyncSession, Depends(get_session)]) -> AsyncIterator[UserManager]:
    """Yield the manager of users for one request."""
    yield UserManager(SQLAlchemyUserDatabase(session, User), HASH)


def get_strategy() -> JWTStrategy[User, uuid.UUID]:
    """Return the strategy that signs and reads tokens."""
    return JWTStrategy(secret=SECRET, lifetime_seconds=3600)


backend = AuthenticationBackend(name="jwt", transport=BearerTransport(tokenUrl="login"), get_strategy=get_strategy)
users = FastAPIUsers[User, uuid.UUID](get_manager, [backend])
app = FastAPI()
app.include_router(users.get_auth_router(backend))
app.include_router(users.get_register_router(UserRead, UserCreate))


@app.get("/user")
async def get_user(user: Annotated[User, Depends(users.current_user(active=True))]) -> dict[str, Any]:
    """Return the caller."""
    return {"id": str(user.id), "email": user.email}


async def create_tables() -> None:
    """Create the tables."""
    async with engine.connect() as connection:
        await connection.execute(text("PRAGMA journal_mode=WAL"))
        await connection.run_sync(Base.metadata.create_all)
        await connection.commit()
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(create_tables())
