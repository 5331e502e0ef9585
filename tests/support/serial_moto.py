"""Serves moto on the port in the first argument, one request at a time.

moto undoes a cancelled transaction by restoring the whole table. This would also undo the writes of simultaneous
requests.
"""

import copy
import copyreg
import logging
import sys
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from moto.dynamodb.models.table import Table
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

_lock = threading.Lock()
_moto = DomainDispatcherApplication(create_backend_app)


def _serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    with _lock:
        answer: Iterable[bytes] = _moto(environ, start_response)
        return answer


def _copier(table: Table) -> tuple[Callable[[], Table], tuple[()]]:
    """Return the function with which `copy.deepcopy` copies a table, as moto does before each write of a transaction.

    The items are not copied: a transaction of the store replaces items and changes none.
    """
    return partial(_copied, table), ()


def _copied(table: Table) -> Table:
    copied: Table = object.__new__(Table)  # type: ignore[type-abstract] # moto has concrete ones
    vars(copied).update(vars(table))
    copied.items = copy.copy(table.items)
    for partition, items in table.items.items():
        copied.items[partition] = copy.copy(items)
    return copied


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # do not log each request
    copyreg.pickle(Table, _copier)  # type: ignore[type-abstract]
    run_simple("127.0.0.1", int(sys.argv[1]), _serve, threaded=True)
