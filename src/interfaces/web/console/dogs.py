"""The pages of the dogs, which everybody sees and their owners change."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import Response, current_app, request

from src.application.sessions import Caller
from src.domain.dogs import DogChange, PictureStatus
from src.domain.jobs import NotRunnable
from src.interfaces.framework.bodies import Form
from src.interfaces.framework.fields import DogNameField, TextField
from src.interfaces.framework.requests import services
from src.interfaces.web.console.creating import create_once
from src.interfaces.web.console.pages import MEMBERS, Page
from src.interfaces.web.console.responses import go

_LIST = "/console/dogs"
_AT_ONCE = 48
dogs = Page("/dogs", "dogs/dogs.html", MEMBERS)
dog = Page("/dogs/<name>", "dogs/dog.html", MEMBERS)


class NewDog(Form):
    """A new dog."""

    name: DogNameField


class DogForm(NewDog):
    """The name of a dog, whether it is adopted, and the revision at which the form was shown."""

    is_adopted: TextField = ""
    """The value of a checkbox, which browsers leave out if it is not checked."""
    revision: TextField


@dogs.show
def _dogs(caller: Caller) -> Mapping[str, Any]:
    service, shown, place = services().dogs, request.args.get("show"), (request.args.get("cursor") or None, _AT_ONCE)
    if shown == "yours":
        page = service.list_for_user(caller.user.id, *place)
    elif shown == "adopted":
        page = service.list_adopted(*place)
    else:
        page, shown = service.list(*place), ""
    waiting = sum(each.picture_status is PictureStatus.PENDING for each in page.items)
    # The command "demo" stores pictures that are data URLs.
    sources = ["data:", *(f"https://{host}" for host in current_app.config["PICTURE_HOSTS"])]
    return {"dogs": page.items, "more": page.next, "shown": shown, "waiting": waiting, "image_sources": sources}


@dogs.form()
def add_dog(caller: Caller, body: NewDog) -> Response:
    """Add a dog. A job fetches its picture."""
    create_once(caller, lambda idempotent: services().dogs.add(caller, body.name, False, None, idempotent))
    return go(_LIST)


@dog.show
def _dog(caller: Caller, name: str) -> Mapping[str, Any]:
    return {"dog": services().dogs.require_owned(caller, name)}


@dog.form()
def change_dog(caller: Caller, name: str, body: DogForm) -> Response:
    """Rename a dog, or say whether it is adopted."""
    service = services().dogs
    change: DogChange = {"name": body.name, "is_adopted": bool(body.is_adopted)}
    service.change(caller, service.require_owned(caller, name), change, {body.revision})
    return go(_LIST, "dog")


@dog.form("/dogs/<name>/picture")
def fetch_again(caller: Caller, name: str) -> Response:
    """Fetch the picture of a dog again, after that has failed."""
    with suppress(NotRunnable):  # it is queued already, as after a second click
        services().jobs.retry(caller, services().dogs.require_owned(caller, name).job_id)
    return go(_LIST)


@dog.form("/dogs/<name>/remove")
def remove_dog(caller: Caller, name: str) -> Response:
    """Remove a dog."""
    service = services().dogs
    service.delete(caller, service.require_owned(caller, name))
    return go(_LIST, "dog-removed")
