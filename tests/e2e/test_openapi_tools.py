"""Third-party tools accept /openapi.json."""

import json
import subprocess
from pathlib import Path

import pytest

from src.bootstrap.adapters import make_store
from src.bootstrap.wiring import wire
from src.infrastructure.limits.off import NoLimits
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set
from src.interfaces.app import create_app
from src.main import VERSION
from src.settings import Settings

TOOLS = Path(__file__).parents[1] / "js/node_modules/.bin"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(store_url="memory://", argon2_memory_kib=8, argon2_time_cost=1)
    keys = KeyRing(as_jwk_set([SigningKey.generate()]))
    app = create_app(
        wire(settings, store=make_store(settings), keys=keys, limiter=NoLimits()),
        VERSION,
    )
    path = tmp_path_factory.mktemp("openapi") / "openapi.json"
    path.write_text(json.dumps(app.test_client().get("/openapi.json").get_json()))
    return path


def tool(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def test_redocly_finds_nothing(document: Path) -> None:
    ran = tool(TOOLS / "redocly", "lint", "--extends", "recommended", "--format", "json", document, cwd=document.parent)
    problems = json.loads(ran.stdout)["problems"]
    assert [(problem["ruleId"], problem["location"][0]["pointer"]) for problem in problems] == []


def test_a_strict_typescript_client_compiles(document: Path) -> None:
    ran = tool(TOOLS / "openapi-typescript", document, "-o", "api.ts", cwd=document.parent)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (document.parent / "client.ts").write_text("""
        import type { components, paths } from "./api";
        type Ok = paths["/user"]["get"]["responses"]["200"]["content"]["application/json"];
        type Problem = components["schemas"]["Problem"];
        export function greet(user: Ok): string {
            const name: string | null = user.username;
            const role: "guest" | "user" | "uploader" | "auditor" | "admin" = user.role;
            return `${name ?? user.id} ${role} since ${user.created_at}`;
        }
        export const register: paths["/register"]["post"]["requestBody"]["content"]["application/json"] =
            { username: "anna", email: "anna@example.com", password: "correct horse battery" };
        // @ts-expect-error the password is required
        export const incomplete: typeof register = { username: "anna", email: "anna@example.com" };
        export const fields = (problem: Problem): string[] => (problem.errors ?? []).map((each) => each.field);
    """)
    ran = tool(TOOLS / "tsc", "--strict", "--noEmit", "--skipLibCheck", "false", "client.ts", cwd=document.parent)
    assert ran.returncode == 0, ran.stdout
