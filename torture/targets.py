"""The targets by name."""

from torture.connections import CONNECTIONS
from torture.dependencies import DEPENDENCIES
from torture.fuzz import FUZZ
from torture.histories import HISTORIES
from torture.kills import KILLS
from torture.load import LOAD
from torture.machines import MACHINES
from torture.matrix import MATRIX
from torture.mutants import MUTANTS
from torture.races import RACES
from torture.refresh import REFRESH
from torture.replies import REPLIES
from torture.runs import Target
from torture.tokens import TOKENS

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        *(TOKENS, RACES, REFRESH, KILLS, REPLIES, MATRIX),
        *(DEPENDENCIES, FUZZ, MACHINES, HISTORIES, CONNECTIONS, LOAD, MUTANTS),
    )
}
