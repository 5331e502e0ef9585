"""Generate the parts of the clients that follow from the OpenAPI document of the service: `make clients`."""

from pathlib import Path

from clients.generate import python, typescript
from tests.support.world import build

CLIENTS = Path(__file__).parents[1]


def main(folder: Path = CLIENTS) -> None:
    """Write the generated files of both clients below a folder."""
    document = build().test_client().get("/openapi.json").get_json()
    python.write(document, folder / "python/src/portero_client")
    typescript.write(document, folder / "typescript/src")


if __name__ == "__main__":
    main()
