"""Writes mails from templates (Jinja), in plain text and in HTML, in English and Spanish."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    TemplateSyntaxError,
    select_autoescape,
)

from src.application.ports import Message
from src.domain.errors import AttemptFailed
from src.domain.mails import Mail, MailKind
from src.domain.messages import Translatable


class TemplateWriter:
    """Fills in the template ``LANGUAGE/KIND.txt``: the subject, an empty line and paragraphs. Implements MailWriter.

    The HTML of a mail is made from the same paragraphs. A paragraph that is a URL becomes a link. A template with a
    mistake fails the job of its mail, and the job is tried again: an operator may have corrected the template by then.
    """

    def __init__(self, public_url: str, paths: Mapping[MailKind, str], folder: Path | None = None) -> None:
        """Begin links with ``public_url`` and the path that ``paths`` has for the kind of mail.

        The templates in ``folder`` replace built-in templates of the same name.
        """
        package = PackageLoader("src.infrastructure.mails")
        loader = ChoiceLoader([FileSystemLoader(folder), package]) if folder else package
        # The templates of texts need no escaping; the layout escapes what it gets.
        self._templates = Environment(loader=loader, undefined=StrictUndefined, autoescape=select_autoescape(["html"]))
        self._public_url, self._paths = public_url.rstrip("/"), paths

    def write(self, mail: Mail, token: str, code: str) -> Message:
        link = self._public_url + self._paths.get(mail.kind, "/") + (f"?{urlencode({'token': token})}" if token else "")
        name = f"{mail.language}/{mail.kind.value}.txt"
        written = self._render(name, address=mail.address.address, link=link, code=code, **mail.details)
        subject, _, text = written.partition("\n")
        if not subject.strip():
            problem = "The template {name} is wrong: its first line is the subject, and it is empty."
            raise AttemptFailed(Translatable(problem, name=name))
        paragraphs = [paragraph.strip() for paragraph in text.split("\n\n") if paragraph.strip()]
        html = self._render("layout.html", language=mail.language, subject=subject, paragraphs=paragraphs)
        return Message(mail.id, mail.address, " ".join(subject.split()), text.strip() + "\n", html)

    def _render(self, name: str, **facts: object) -> str:
        """Return a template filled in. Raises AttemptFailed for any mistake that an operator made in it."""
        try:
            return self._templates.get_template(name).render(facts)
        except TemplateSyntaxError as error:
            problem = "The template {name} is wrong in line {line}: {error}."
            raise AttemptFailed(Translatable(problem, name=name, line=error.lineno, error=error)) from None
        except Exception as error:  # a template is a program, which can raise any error
            raise AttemptFailed(
                Translatable("The template {name} is wrong: {error}.", name=name, error=error)
            ) from None
