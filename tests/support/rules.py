"""Rules of URL maps that are compiled once for all applications of a process."""

from typing import Any, ClassVar

from werkzeug.routing import Rule


class CompiledOnce(Rule):
    """A rule of a URL map. Of equal ones in a process, the first is compiled, and the others share the result.

    An application has nearly 300 rules, which take 70 ms to compile, and the tests make thousands of applications.
    """

    _first: ClassVar = dict[tuple[Any, ...], "CompiledOnce"]()

    def compile(self) -> None:
        """Compile the rule, unless an equal one has been compiled."""
        same = (self.rule, self.endpoint, frozenset(self.methods or ()), self.strict_slashes, self.merge_slashes)
        if same in self._first:
            vars(self).update(vars(self._first[same]), map=self.map)
        else:
            super().compile()
            self._first[same] = self
