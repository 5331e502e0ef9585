"""The console: pages on which people look after their account.

Each feature has a module here and a folder of templates. The pages call the same use cases as the HTTP interface.
"""

from src.interfaces.web.console import (
    account,
    datasets,
    dogs,
    events,
    factors,
    files,
    health,
    history,
    invitations,
    jobs,
    keys,
    metadata,
    second_step,
    signing_in,
    step_up,
    tasks,
    user_acts,
    users,
    webhooks,
)
from src.interfaces.web.console.pages import console

__all__ = [
    "account",
    "console",
    "datasets",
    "dogs",
    "events",
    "factors",
    "files",
    "health",
    "history",
    "invitations",
    "jobs",
    "keys",
    "metadata",
    "second_step",
    "signing_in",
    "step_up",
    "tasks",
    "user_acts",
    "users",
    "webhooks",
]
