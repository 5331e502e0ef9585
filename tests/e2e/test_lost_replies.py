"""A request whose answer is lost has its effect once. ``make torture-replies`` loses answers of every protocol."""

from contextlib import ExitStack

from torture.replies import World, play


def test_a_commit_whose_answer_is_lost_is_acknowledged_and_applied_once(postgres_server: str) -> None:
    with ExitStack() as stack:
        postgresql = World(stack).postgresql(postgres_server)
        for number, act in enumerate(("register", "rename", "add a task", "upload a file"), 1):
            [cell] = [each for each in play(postgresql, "PostgreSQL", act, number) if act in each]
            assert cell.rpartition(" ")[2] in ("200", "201", "202")
