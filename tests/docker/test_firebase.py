"""The compose file of the Google stack. Where its downloads cannot be reached, local files replace them."""

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.docker.stack import COMMANDS, COMPOSES, PASSWORD, sh, stack, until


@pytest.mark.parametrize("compose", COMPOSES)
def test_each_version_of_compose_reads_the_file(compose: str, checkout: Path, project: str) -> None:
    with stack(checkout, f"{project}-firebase", compose=compose) as firebase:
        firebase.sh("docker-compose -f docker-compose.firebase.yml config --quiet")


def test_the_stack_starts(checkout: Path, project: str, tmp_path: Path) -> None:
    [command] = COMMANDS[2]
    folder = shutil.copytree(checkout, tmp_path / "portero", symlinks=True)
    with stack(folder, f"{project}-firebase") as firebase:
        built = sh("docker-compose -f docker-compose.firebase.yml build emulators", folder, firebase.env, check=False)
        if "Successfully tagged" not in built and "naming to" not in built:
            # The build has reached the downloads, and failed there.
            assert "firebase setup:emulators:firestore" in built.rpartition("RUN ")[2], built[-3000:]
            assert "storage.googleapis.com" in built, built[-3000:]
            replace_downloads(folder)
        firebase.sh(f"{command} --detach")
        assert until(lambda: firebase.status("/ready") == 200)
        firebase.login("admin@example.com", PASSWORD)


def replace_downloads(folder: Path) -> None:
    """Build the image with the Firestore emulator of the Google Cloud CLI, and without a user interface."""
    found = subprocess.run(["gcloud", "info", "--format=value(installation.sdk_root)"], capture_output=True, text=True)
    jar = Path(found.stdout.strip(), "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
    shutil.copy(jar, folder / "docker/emulator.jar")
    # firebase-tools starts the emulator with `java -jar`, and that jar names no main class.
    with zipfile.ZipFile(folder / "docker/launcher.jar", "w") as launcher:
        main = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
        manifest = f"Manifest-Version: 1.0\nMain-Class: {main}\nClass-Path: emulator.jar\n"
        launcher.writestr("META-INF/MANIFEST.MF", manifest)
    dockerfile = folder / "docker/firebase.Dockerfile"
    before, downloads, after = dockerfile.read_text().partition("RUN firebase setup")
    assert downloads
    assert after.count("\n") == 1
    dockerfile.write_text(
        f"{before}COPY emulator.jar launcher.jar /emulator/\n"
        "ENV FIRESTORE_EMULATOR_BINARY_PATH=/emulator/launcher.jar\n"
    )
    config = json.loads((folder / "firebase.json").read_text())
    config["emulators"]["ui"] = {"enabled": False}
    (folder / "firebase.json").write_text(json.dumps(config, indent=2))  # the container edits it line by line
