"""Uses the client that openapi-python-client has made, with the types that it declares.

Argument: the URL of the service. mypy checks this file together with the client.
"""

import sys
from uuid import uuid4

from pyclient import AuthenticatedClient, Client
from pyclient.api.accounts import get_user, register
from pyclient.api.sessions import become_guest, log_in
from pyclient.api.tasks import create_task, list_tasks
from pyclient.models import AccessToken, LoginWithUsername, NewTask, Registration, Task, Tokens, User

name = f"c{uuid4().hex[:12]}"
password = "correct zebra battery"
client = Client(base_url=sys.argv[1])

guest = become_guest.sync(client=client)
assert isinstance(guest, AccessToken)
visitor = AuthenticatedClient(base_url=sys.argv[1], token=guest.access_token)
made = register.sync(client=visitor, body=Registration(username=name, email=f"{name}@example.com", password=password))
assert isinstance(made, User)
tokens = log_in.sync(client=client, body=LoginWithUsername(username=name, password=password))
assert isinstance(tokens, Tokens)
mine = AuthenticatedClient(base_url=sys.argv[1], token=tokens.access_token)
user = get_user.sync(client=mine)
assert isinstance(user, User)
assert user.id == made.id
task = create_task.sync(client=mine, body=NewTask(title="Walk the dog"))
assert isinstance(task, Task)
tasks = list_tasks.sync(client=mine)
assert isinstance(tasks, list)
assert [each.title for each in tasks] == ["Walk the dog"]
