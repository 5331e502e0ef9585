"""Reads the arguments and options of commands. The errors of refused values name the parameter."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from src.domain.users import User
from src.domain.values import InvalidValue
from src.interfaces.services import Services


class TextOrFile(click.ParamType[str]):
    """An option whose value is a text, or ``@FILE`` for the content of a file."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text. Raises BadParameter for a file that cannot be read."""
        if not value.startswith("@"):
            return value
        try:
            return Path(value[1:]).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            self.fail(f"{value[1:]} cannot be read ({reason})", param, ctx)


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
