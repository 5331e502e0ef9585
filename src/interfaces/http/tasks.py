"""Tasks over HTTP."""

from datetime import datetime
from typing import Annotated, Self, cast

from flask import Response
from pydantic import Field

from src.application.sessions import Caller
from src.application.tasks import TaskService
from src.domain.errors import NotFound, Stale
from src.domain.tasks import MAX_DESCRIPTION, MAX_TITLE, Task, TaskChange
from src.interfaces.http.bodies import Body, Change, Paging
from src.interfaces.http.fields import BooleanField, BooleanParameter
from src.interfaces.http.operations import Access, Operations, expected_revisions, services
from src.interfaces.http.receipts import Repeatable
from src.interfaces.http.views import View, no_content, render, render_list

operations = Operations("Tasks", "What you have to do; nobody else sees it.")

Title = Annotated[str, Field(min_length=1, max_length=MAX_TITLE, examples=["Walk the dog"])]
Description = Annotated[str, Field(max_length=MAX_DESCRIPTION, examples=["Twice, if it rains."])]


class NewTask(Body):
    """A task."""

    title: Title
    description: Description | None = None
    completed: BooleanField = False


class TaskBody(Change):
    """What to change of a task; at least one field. A field that is absent stays."""

    title: Title = ""
    description: Description | None = None
    completed: BooleanField = False


class TaskFilter(Paging):
    """Which tasks."""

    completed: Annotated[
        BooleanParameter | None, Field(description="Those completed, or those not; all unless told.")
    ] = None


class TaskView(View):
    """A task."""

    id: str
    title: Title
    description: Description | None
    completed: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, task: Task) -> Self:
        """A task as its owner sees it."""
        return cls(**{name: getattr(task, name) for name in cls.model_fields})


@operations.add("POST", "/tasks", access=Access.TOKEN, body=NewTask, status=201, answer=TaskView, etag=True,
                idempotent=True, use_case=TaskService.add)  # fmt: skip
def add_task(caller: Caller, body: NewTask, repeatable: Repeatable) -> Response:
    """Make a task."""

    def created(task: Task) -> Response:
        return render(TaskView.of(task), 201, {"Location": f"/tasks/{task.id}"}, revision=task.revision)

    once = repeatable.once(created)
    return created(services().tasks.add(caller.user, body.title, body.description, body.completed, once))


@operations.add("GET", "/tasks", access=Access.TOKEN, query=TaskFilter, answer=TaskView, array=True,
                use_case=TaskService.list)  # fmt: skip
def list_tasks(caller: Caller, query: TaskFilter) -> Response:
    """List tasks."""
    page = services().tasks.list(caller.user, query.completed, query.cursor, query.limit)
    return render_list([TaskView.of(task) for task in page.items], page.next)


@operations.add("GET", "/tasks/<id>", access=Access.TOKEN, answer=TaskView, etag=True, errors=(NotFound,),
                use_case=TaskService.show)  # fmt: skip
def show_task(caller: Caller, id: str) -> Response:
    """See a task."""
    task = services().tasks.show(caller.user, id)
    return render(TaskView.of(task), revision=task.revision)


@operations.add("PUT", "/tasks/<id>", access=Access.TOKEN, body=TaskBody, answer=TaskView, etag=True, if_match=True,
                errors=(NotFound, Stale), use_case=TaskService.change)  # fmt: skip
@operations.add("PATCH", "/tasks/<id>", access=Access.TOKEN, body=TaskBody, answer=TaskView, etag=True, if_match=True,
                errors=(NotFound, Stale), use_case=TaskService.change)  # fmt: skip
def change_task(caller: Caller, id: str, body: TaskBody) -> Response:
    """Change a task."""
    change = cast(TaskChange, body.given())
    task = services().tasks.change(caller.user, id, change, expected_revisions())
    return render(TaskView.of(task), revision=task.revision)


@operations.add("DELETE", "/tasks/<id>", access=Access.TOKEN, status=204, errors=(NotFound,),
                use_case=TaskService.delete)  # fmt: skip
def delete_task(caller: Caller, id: str) -> Response:
    """Remove a task."""
    services().tasks.delete(caller.user, id)
    return no_content()
