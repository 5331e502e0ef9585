"""Dogs over HTTP."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Self, cast
from urllib.parse import quote

from flask import Response
from pydantic import Field

from src.application.dogs import DogService
from src.application.sessions import Caller
from src.domain.dogs import Dog, DogChange, PictureStatus, parse_dog_name
from src.domain.errors import Forbidden, NotFound, Stale, Taken, Unavailable
from src.domain.values import Page
from src.interfaces.http.bodies import Body, Change, Paging
from src.interfaces.http.fields import BooleanField, PictureField, TextField, checked, parsed
from src.interfaces.http.operations import Access, Operations, expected_revisions, services
from src.interfaces.http.receipts import Repeatable
from src.interfaces.http.views import View, monitor, no_content, render, render_list

operations = Operations("Dogs", "Everybody sees them; their owners change them.")

DogName = Annotated[
    str,
    *checked(
        lambda text, _: parse_dog_name(text),
        {
            "description": "1 to 64 characters in one line, without a slash; not `.`, `..` or `is_adopted`. Unique "
            "ignoring case.",
            "examples": ["Rex"],
        },
    ),
]


class NewDog(Body):
    """What a dog begins with."""

    is_adopted: BooleanField = False
    id_user: Annotated[TextField, Field(description="The owner; others than yourself for admins only.")] = None  # type: ignore[assignment]


class DogBody(Change):
    """What to change of a dog; at least one field. A field that is absent stays."""

    name: DogName = ""
    is_adopted: BooleanField = False
    picture: PictureField = ""
    id_user: TextField = ""

    def change(self) -> DogChange:
        """The fields that were given."""
        given = self.given()
        return cast(DogChange, {"user_id" if name == "id_user" else name: value for name, value in given.items()})


class DogView(View):
    """A dog."""

    id: str
    name: str = Field(examples=["Rex"])
    picture: str | None
    picture_status: PictureStatus
    is_adopted: bool
    id_user: str = Field(description="The owner.")
    create_date: datetime

    @classmethod
    def of(cls, dog: Dog) -> Self:
        """A dog as everybody sees it."""
        return cls(
            id=dog.id,
            name=dog.name,
            picture=dog.picture,
            picture_status=dog.picture_status,
            is_adopted=dog.is_adopted,
            id_user=dog.user_id,
            create_date=dog.created_at,
        )


def _one(dog: Dog) -> Response:
    return render(DogView.of(dog), revision=dog.revision)


def _owned(caller: Caller, name: str) -> None:
    with suppress(NotFound):
        services().dogs.require_owner(caller.user, name)


def _several(page: Page[Dog]) -> Response:
    return render_list([DogView.of(dog) for dog in page.items], page.next)


@operations.add("GET", "/api/dogs", access=Access.PUBLIC, query=Paging, answer=DogView, array=True,
                errors=(Unavailable,), use_case=DogService.list)  # fmt: skip
def list_dogs(query: Paging) -> Response:
    """List dogs."""
    return _several(services().dogs.list(False, query.cursor, query.limit))


@operations.add("GET", "/api/dogs/is_adopted", access=Access.PUBLIC, query=Paging, answer=DogView, array=True,
                errors=(Unavailable,), use_case=DogService.list)  # fmt: skip
def list_adopted_dogs(query: Paging) -> Response:
    """List adopted dogs."""
    return _several(services().dogs.list(True, query.cursor, query.limit))


@operations.add("GET", "/users/<id>/dogs", aliases=("/api/users/<id>/dogs",), access=Access.USER, query=Paging,
                answer=DogView, array=True, errors=(NotFound,), use_case=DogService.list_of)  # fmt: skip
def list_dogs_of(caller: Caller, id: str, query: Paging) -> Response:
    """List the dogs of a user."""
    return _several(services().dogs.list_of(id, query.cursor, query.limit))


@operations.add("GET", "/api/dogs/<name>", access=Access.PUBLIC, answer=DogView, etag=True,
                errors=(NotFound, Unavailable), use_case=DogService.show)  # fmt: skip
def show_dog(name: str) -> Response:
    """See a dog."""
    return _one(services().dogs.show(name))


@operations.add("POST", "/api/dogs/<name>", access=Access.USER, body=NewDog, status=201, answer=DogView, etag=True,
                errors=(Forbidden, Taken), idempotent=True, monitored=True, use_case=DogService.add)  # fmt: skip
def add_dog(caller: Caller, name: str, body: NewDog, repeatable: Repeatable) -> Response:
    """Enter a dog."""

    def created(dog: Dog) -> Response:
        headers = {"Location": f"/api/dogs/{quote(dog.name)}", "Link": monitor(dog.job_id)}
        return render(DogView.of(dog), 201, headers, revision=dog.revision)

    accepted = parsed("name", parse_dog_name, name)
    return created(services().dogs.add(caller.user, accepted, body.is_adopted, body.id_user, repeatable.once(created)))


@operations.add("PUT", "/api/dogs/<name>", access=Access.USER, body=DogBody, answer=DogView, etag=True, if_match=True,
                guard=_owned, errors=(Forbidden, NotFound, Taken, Stale), use_case=DogService.change)  # fmt: skip
@operations.add("PATCH", "/api/dogs/<name>", access=Access.USER, body=DogBody, answer=DogView, etag=True,
                if_match=True, guard=_owned, errors=(Forbidden, NotFound, Taken, Stale),
                use_case=DogService.change)  # fmt: skip
def change_dog(caller: Caller, name: str, body: DogBody) -> Response:
    """Change a dog."""
    return _one(services().dogs.change(caller.user, name, body.change(), expected_revisions()))


@operations.add("DELETE", "/api/dogs/<name>", access=Access.USER, status=204, errors=(Forbidden, NotFound),
                use_case=DogService.delete)  # fmt: skip
def delete_dog(caller: Caller, name: str) -> Response:
    """Remove a dog."""
    services().dogs.delete(caller.user, name)
    return no_content()
