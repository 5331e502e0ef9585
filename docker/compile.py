"""Replace each module in a folder by its bytecode with empty docstrings.

Unlike Python's option -OO, this keeps assertions, and docstrings stay strings (empty ones), because some packages
format theirs when they are loaded.
"""

import ast
import importlib.util
import marshal
import sys
from pathlib import Path

UNCHECKED_HASH = 1  # Python reads the bytecode without looking for the source; see PEP 552

for path in sorted(Path(sys.argv[1]).rglob("*.py")):
    source = path.read_bytes()
    tree = ast.parse(source, str(path))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            match node.body:
                case [ast.Expr(ast.Constant(str()) as docstring), *_]:
                    docstring.value = ""
    code = compile(tree, str(path), "exec", dont_inherit=True)
    header = importlib.util.MAGIC_NUMBER + UNCHECKED_HASH.to_bytes(4, "little") + importlib.util.source_hash(source)
    path.with_suffix(".pyc").write_bytes(header + marshal.dumps(code))
    path.unlink()
