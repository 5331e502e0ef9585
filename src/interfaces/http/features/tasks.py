"""The operations on tasks."""

from datetime import datetime
from functools import partial
from typing import Annotated, ClassVar

from flask import Response
from pydantic import Field

from src.application.sessions import Caller
from src.domain.errors import Stale
from src.domain.tasks import Task
from src.interfaces.framework.bodies import Body, Change, Paging
from src.interfaces.framework.fields import BooleanField, BooleanParameter, DescriptionField, TitleField
from src.interfaces.framework.requests import services
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.conditions import expected_revisions
from src.interfaces.http.framework.idempotency import IdempotentRequest
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import render_list, render_resource
from src.interfaces.views import Resource

feature = Feature("Tasks", "What you have to do; nobody else sees it.")
route = partial(Operation, feature)


class NewTask(Body):
    """A new task."""

    title: TitleField
    description: DescriptionField | None = None
    completed: BooleanField = False


class TaskBody(Change):
    """A change of a task. At least one field is required; an absent field keeps its value."""

    title: TitleField = ""
    description: DescriptionField | None = None
    completed: BooleanField = False


class TaskFilter(Paging):
    """The query parameters that choose which tasks are listed."""

    completed: Annotated[
        BooleanParameter | None, Field(description="Only the completed tasks, or only the others. By default all.")
    ] = None


class TaskView(Resource):
    """A task."""

    is_long: ClassVar[bool] = True

    id: str
    title: TitleField
    description: DescriptionField | None
    completed: bool
    created_at: datetime
    updated_at: datetime


@route("POST /tasks", Access.TOKEN, TaskView, status=201)
def add_task(caller: Caller, body: NewTask, idempotency: IdempotentRequest) -> Response:
    """Make a task."""

    def created(task: Task) -> Response:
        return render_resource(TaskView, task, 201, {"Location": f"/tasks/{task.id}"})

    idempotent = idempotency.answered_with(created)
    return created(services().tasks.add(caller.user, body.given(), idempotent))


@route("GET /tasks", Access.TOKEN, TaskView)
def list_tasks(caller: Caller, query: TaskFilter) -> Response:
    """List your tasks, the newest first: all tasks, only completed tasks, or only open tasks."""
    return render_list(services().tasks.list(caller.user, query.completed, query.cursor, query.limit), TaskView)


@route("GET /tasks/<id>", Access.TOKEN, TaskView)
def show_task(caller: Caller, id: str) -> Response:
    """See one of your tasks."""
    return render_resource(TaskView, services().tasks.show(caller.user, id))


@route("PUT PATCH /tasks/<id>", Access.TOKEN, TaskView, errors=(Stale,))
def change_task(caller: Caller, id: str, body: TaskBody) -> Response:
    """Change one of your tasks.

    A field that is not given keeps its value.
    """
    return render_resource(TaskView, services().tasks.change(caller.user, id, body.given(), expected_revisions()))


@route("DELETE /tasks/<id>", Access.TOKEN, errors=(Stale,))
def delete_task(caller: Caller, id: str) -> None:
    """Remove one of your tasks."""
    services().tasks.delete(caller.user, id, expected_revisions())
