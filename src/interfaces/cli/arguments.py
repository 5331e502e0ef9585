"""Names the argument or option of a command whose value is refused."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from src.domain.users import User
from src.domain.values import InvalidValue
from src.interfaces.services import Services


@contextmanager
def as_bad_parameter(parameter: str) -> Iterator[None]:
    """Turn an InvalidValue in the block into an error of the command line that names the parameter."""
    try:
        yield
    except InvalidValue as error:
        raise click.BadParameter(str(error), param_hint=parameter) from None


def find_user(services: Services, login: str, parameter: str = "LOGIN") -> User:
    """Return the user with the username or e-mail address in a parameter. Raises NotFound and BadParameter."""
    with as_bad_parameter(parameter):
        return services.administration.find_user(services.rules.parse_login(login))
