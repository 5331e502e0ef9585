"""The compose file of the Google stack: its syntax, its image, and where its downloads can be reached, the stack."""

from pathlib import Path

import pytest

from tests.docker.stack import COMMANDS, COMPOSES, sh, stack, until


@pytest.mark.parametrize("compose", COMPOSES)
def test_each_version_of_compose_reads_the_file(compose: str, checkout: Path, project: str) -> None:
    with stack(checkout, f"{project}-firebase", compose=compose) as firebase:
        firebase.sh("docker-compose -f docker-compose.firebase.yml config --quiet")


def test_the_stack_starts_or_the_downloads_of_its_image_are_out_of_reach(
    checkout: Path, project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    [command] = COMMANDS[2]
    with stack(checkout, f"{project}-firebase") as firebase:
        built = sh("docker-compose -f docker-compose.firebase.yml build emulators", checkout, firebase.env, check=False)
        if "Successfully tagged" in built or "naming to" in built:
            firebase.sh(f"{command} --detach")
            assert until(lambda: firebase.status("/ready") == 200, 60)
        else:
            # Everything before the download is built, and the download is what fails.
            assert "firebase setup:emulators:firestore" in built.rpartition("RUN ")[2], built[-3000:]
            assert "storage.googleapis.com" in built, built[-3000:]
            with capsys.disabled():
                print("\nNot reached: the downloads of the Firebase emulators. Their stack was not started.")  # noqa: T201
