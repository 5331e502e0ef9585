"""The pages that explain the kinds of errors."""

from functools import partial

from flask import Response, json

from src.domain.errors import NotFound
from src.interfaces.errors.catalogue import CATALOGUE
from src.interfaces.errors.problems import example
from src.interfaces.framework.headers import accepted_language
from src.interfaces.framework.pages import page
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Feature, Operation

feature = Feature("Problems", "The errors of this service, explained.")
route = partial(Operation, feature)


@route("GET /problems", Access.PUBLIC, text="text/html")
def list_kinds() -> Response:
    """List the kinds of errors, as an HTML page."""
    return page("problems.html", caching="no-cache", kinds=CATALOGUE.items())


@route("GET /problems/<code>", Access.PUBLIC, text="text/html")
def show_kind(code: str) -> Response:
    """Explain a kind of error, as an HTML page. The `type` of a problem is the URL of this page."""
    kind = CATALOGUE.get(code)
    if kind is None:
        raise NotFound("There is no such kind of error; /problems lists them.")
    problem = example(code, accepted_language())
    shown = json.dumps(problem, indent=2, sort_keys=False, ensure_ascii=False)
    return page("problem_kind.html", caching="no-cache", title=problem["title"], code=code, kind=kind, example=shown)
