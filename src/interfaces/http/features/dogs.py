"""The operations on dogs."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from flask import Response
from pydantic import Field

from src.application.sessions import Caller
from src.domain.dogs import Dog, PictureStatus, parse_dog_name
from src.domain.errors import Stale, Taken
from src.domain.values import as_field_error
from src.interfaces.framework.bodies import Body, Change, Paging
from src.interfaces.framework.fields import BooleanField, DogNameField, PictureField, UserIdField
from src.interfaces.framework.requests import services
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.conditions import expected_revisions
from src.interfaces.http.framework.idempotency import IdempotentRequest
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import monitor, render_list, render_resource
from src.interfaces.views import Resource

feature = Feature("Dogs", "Everybody sees them; their owners change them.")
route = partial(Operation, feature)


class NewDog(Body):
    """A new dog."""

    is_adopted: BooleanField = False
    id_user: Annotated[UserIdField, Field(description="The owner. Only admins may name other users.")] = None  # type: ignore[assignment]


class DogBody(Change):
    """A change of a dog. At least one field is required; an absent field keeps its value."""

    name: DogNameField = ""
    is_adopted: BooleanField = False
    picture: PictureField = ""
    user_id: Annotated[UserIdField, Field(alias="id_user")] = ""


class DogView(Resource):
    """A dog."""

    id: str
    name: str = Field(examples=["Rex"])
    picture: str | None
    picture_status: PictureStatus
    is_adopted: bool
    id_user: str = Field(validation_alias="user_id", description="The owner.")
    create_date: datetime = Field(validation_alias="created_at")


def _own(caller: Caller, name: str) -> dict[str, Any]:
    """Return the dog with this name. Raises NotFound, and Forbidden unless the caller owns it or is an admin."""
    return {"dog": services().dogs.require_owned(caller, name)}


@route("GET /api/dogs", Access.PUBLIC, DogView)
def list_dogs(query: Paging) -> Response:
    """List all dogs, ordered by name."""
    return render_list(services().dogs.list(query.cursor, query.limit), DogView)


@route("GET /api/dogs/is_adopted", Access.PUBLIC, DogView)
def list_adopted_dogs(query: Paging) -> Response:
    """List the adopted dogs, ordered by name."""
    return render_list(services().dogs.list_adopted(query.cursor, query.limit), DogView)


@route("GET /users/<id>/dogs /api/users/<id>/dogs", Access.USER, DogView)
def list_dogs_of_user(caller: Caller, id: str, query: Paging) -> Response:
    """List the dogs of a user, ordered by name."""
    return render_list(services().dogs.list_for_user(id, query.cursor, query.limit), DogView)


@route("GET /api/dogs/<name>", Access.PUBLIC, DogView)
def show_dog(name: str) -> Response:
    """See a dog. The case of its name does not matter."""
    return render_resource(DogView, services().dogs.show(name))


@route("POST /api/dogs/<name>", Access.USER, DogView, status=201, for_admins_too=True, errors=(Taken,), monitored=True)
def add_dog(caller: Caller, name: str, body: NewDog, idempotency: IdempotentRequest) -> Response:
    """Add a dog of your own or, as an admin, of anybody.

    A job fetches its picture in the background.
    """

    def created(dog: Dog) -> Response:
        headers = {"Location": f"/api/dogs/{quote(dog.name)}", "Link": monitor(dog.job_id)}
        return render_resource(DogView, dog, 201, headers)

    with as_field_error("name"):
        accepted = parse_dog_name(name)
    idempotent = idempotency.answered_with(created)
    return created(services().dogs.add(caller, accepted, body.is_adopted, body.id_user, idempotent))


@route("PUT PATCH /api/dogs/<name>", Access.USER, DogView, guard=_own, for_admins_too=True, errors=(Taken, Stale))
def change_dog(caller: Caller, dog: Dog, body: DogBody) -> Response:
    """Change a dog of your own or, as an admin, any dog.

    A field that is not given keeps its value.
    """
    return render_resource(DogView, services().dogs.change(caller, dog, body.given(), expected_revisions()))


@route("DELETE /api/dogs/<name>", Access.USER, guard=_own, for_admins_too=True, errors=(Stale,))
def delete_dog(caller: Caller, dog: Dog) -> None:
    """Remove a dog of your own or, as an admin, any dog."""
    services().dogs.delete(caller, dog, expected_revisions())
