"""Makes mutants: copies of a module in which one small thing is changed.

Annotations, decorators, docstrings, assertions, protocols and messages of the log are left as they are. mutmut refuses
packages that are called ``src``, and cosmic-ray changes the files of the working tree.
"""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from torture.runs import ROOT

PACKAGES = {
    "domain": ["src/domain"],
    "application": ["src/application"],
    "tokens": ["src/infrastructure/tokens"],
    "authorization": [
        "src/interfaces/http/framework/authentication.py",
        "src/interfaces/http/framework/operations.py",
        "src/interfaces/http/framework/conditions.py",
        "src/interfaces/web/console/browser.py",
        "src/interfaces/web/console/kept_forms.py",
        "src/interfaces/web/console/pages.py",
    ],
}
"""The modules whose mutants are made. The application also holds ``caller.py``, which decides who may do what."""
_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_SKIPPED = {"annotation", "returns", "decorator_list", "type_params"}


class Mutant(NamedTuple):
    """The mutant number ``number`` of a module, which changes something at ``lines``.

    ``function`` is the outermost function that is changed, or "".
    """

    path: str
    number: int
    function: str
    change: str
    lines: range

    @property
    def id(self) -> str:
        """A description of the change that stays the same when lines move."""
        return f"{self.path} {self.function or 'module'}: {self.change}"


class _Site(NamedTuple):
    function: str
    change: str
    lines: range
    apply: Callable[[], None]


def files_of(package: str) -> list[str]:
    """Return the modules of a package of ``PACKAGES``."""
    paths = [ROOT / path for path in PACKAGES[package]]
    files = [each for path in paths for each in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    return [str(each.relative_to(ROOT)) for each in files]


def mutants_of(path: str) -> list[Mutant]:
    """Return every mutant of a module. Those that repeat a change in their function are numbered."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    mutants, alike = list[Mutant](), Counter[tuple[str, str]]()
    for number, site in enumerate(_sites(tree)):
        alike[site.function, site.change] += 1
        ordinal = alike[site.function, site.change]
        change = site.change + (f" ({ordinal})" if ordinal > 1 else "")
        mutants.append(Mutant(path, number, site.function, change, site.lines))
    return mutants


def mutated(path: str, number: int) -> ast.Module:
    """Return the syntax tree of a mutant."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    list(_sites(tree))[number].apply()
    return ast.fix_missing_locations(tree)


def _sites(tree: ast.Module) -> Iterator[_Site]:
    yield from _within(tree, "", inside=False)


def _within(node: ast.AST, scope: str, *, inside: bool) -> Iterator[_Site]:
    """Yield the sites below a node. ``inside`` says whether the node is in a function."""
    for name, value in ast.iter_fields(node):
        if name in _SKIPPED:
            continue
        for place, child in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(child, ast.AST) or _is_left_alone(child):
                continue

            def put(new: ast.AST, value: object = value, name: str = name, place: int = place) -> None:
                if isinstance(value, list):
                    value[place] = new
                else:
                    setattr(node, name, new)

            for new in _replacements(child, node, name, inside=inside):
                change = f"`{_text(child)}` → `{_text(new)}`"
                lines = range(child.lineno, (child.end_lineno or child.lineno) + 1)  # type: ignore[attr-defined]
                yield _Site(scope if inside else "", change, lines, lambda new=new, put=put: put(new))  # type: ignore[misc]
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            deeper = scope
            if not inside and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                deeper = f"{scope}.{child.name}".removeprefix(".")
            yield from _within(child, deeper, inside=inside or is_function)


def _is_left_alone(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert):
        return True
    if isinstance(node, ast.FunctionDef):  # a method of a protocol
        return all(isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) for each in node.body)
    if not isinstance(node, ast.Expr):
        return False
    return isinstance(node.value, ast.Constant) or ast.unparse(node).startswith("_log.")


def _replacements(node: ast.AST, parent: ast.AST, field: str, *, inside: bool) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left, ops, comparators):
            for place, operator in enumerate(ops):
                changed = [*ops[:place], _COMPARED[type(operator)](), *ops[place + 1 :]]
                yield ast.Compare(left, changed, comparators)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.BinOp(left, op, right) if type(op) in _CALCULATED and (inside or not isinstance(op, ast.BitOr)):
            yield ast.BinOp(left, _CALCULATED[type(op)](), right)
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.Name() | ast.Attribute() | ast.Call() if field == "test" or isinstance(parent, ast.comprehension):
            if field in ("test", "ifs"):
                yield ast.UnaryOp(ast.Not(), node)
        case ast.Return(ast.AST() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Raise() | ast.Expr(ast.Call()) | ast.AugAssign() if inside:
            yield ast.Pass()
        case ast.Assign([ast.Attribute() | ast.Subscript()]) if inside:
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()


def _text(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 90 else f"{text[:60]} … {text[-25:]}"
