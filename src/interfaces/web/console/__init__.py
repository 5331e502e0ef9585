"""The console: pages on which people look after their account.

Each feature has a module here and a folder of templates. The pages call the same use cases as the HTTP interface.
"""

from importlib import import_module
from pkgutil import iter_modules

from src.interfaces.web.console.pages import console

__all__ = ["console"]

for _module in iter_modules(__path__):  # each adds its pages to ``console``
    import_module(f"{__name__}.{_module.name}")
