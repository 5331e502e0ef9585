"""The pages of the caller's tasks."""

from collections.abc import Mapping
from typing import Annotated, Any

from flask import Response, request
from pydantic import BeforeValidator

from src.application.sessions import Caller
from src.domain.tasks import TaskFields
from src.interfaces.framework.bodies import Form
from src.interfaces.framework.fields import BooleanParameter, DescriptionField, TextField, TitleField
from src.interfaces.framework.requests import services
from src.interfaces.web.console.creating import create_once
from src.interfaces.web.console.kept_forms import safe_path
from src.interfaces.web.console.pages import Page
from src.interfaces.web.console.responses import go

_LIST = "/console/tasks"
_AT_ONCE = 50
_COMPLETED = {"open": False, "done": True}
"""The values of the parameter ``show``, which selects tasks."""
tasks = Page("/tasks", "tasks/tasks.html")
task = Page("/tasks/<id>", "tasks/task.html")

# Browsers send each line break of a text as CRLF.
Lines = Annotated[DescriptionField, BeforeValidator(lambda text: text.replace("\r\n", "\n"))]


class NewTask(Form):
    """A new task."""

    title: TitleField


class TaskForm(Form):
    """The texts of a task, and the revision at which they were shown. An empty description removes it."""

    title: TitleField
    description: Lines | None = None
    revision: TextField

    def change(self) -> TaskFields:
        """Return the texts to store."""
        return {"title": self.title, "description": self.description}


class Tick(Form):
    """Whether a task is completed, and the list that shows it."""

    completed: BooleanParameter
    next: TextField = _LIST


@tasks.show
def _tasks(caller: Caller) -> Mapping[str, Any]:
    shown, cursor = request.args.get("show", ""), request.args.get("cursor") or None
    page = services().tasks.list(caller.user, _COMPLETED.get(shown), cursor, _AT_ONCE)
    return {"tasks": page.items, "more": page.next, "shown": shown if shown in _COMPLETED else ""}


@tasks.form()
def add_task(caller: Caller, body: NewTask) -> Response:
    """Make a task."""
    create_once(caller, lambda idempotent: services().tasks.add(caller.user, {"title": body.title}, idempotent))
    return go(_LIST)


@tasks.form("/tasks/<id>/tick")
def tick_task(caller: Caller, id: str, body: Tick) -> Response:
    """Mark a task as completed, or as open."""
    services().tasks.change(caller.user, id, {"completed": body.completed}, None)
    return go(safe_path(body.next))


@task.show
def _task(caller: Caller, id: str) -> Mapping[str, Any]:
    return {"task": services().tasks.show(caller.user, id)}


@task.form()
def change_task(caller: Caller, id: str, body: TaskForm) -> Response:
    """Change the texts of a task. If the task has changed meanwhile, the page shows both versions."""
    services().tasks.change(caller.user, id, body.change(), {body.revision})
    return go(_LIST, "task")


@task.form("/tasks/<id>/remove")
def remove_task(caller: Caller, id: str) -> Response:
    """Remove a task."""
    services().tasks.delete(caller.user, id)
    return go(_LIST, "task-removed")
