"""A delivery is verified by the library of the standard for Node."""

import json
import subprocess
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from tests.support.markdown import ROOT

PROGRAM = """
import { Webhook } from "standardwebhooks";
const [secret, body, headers] = JSON.parse(process.argv[1]);
console.log(JSON.stringify(new Webhook(secret).verify(body, headers)));
"""


@pytest.mark.parametrize("genuine", [True, False])
def test_node_verifies_what_the_service_signs(genuine: bool) -> None:
    secret, body, now = "whsec_" + "c2VjcmV0" * 5, '{"type": "ping", "å": 1}', datetime.now(UTC)
    headers = {
        "webhook-id": "1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(each).sign("1", now, body) for each in ("whsec_b3RoZXI=", secret)),
    }
    sent = json.dumps([secret, body if genuine else body + " ", headers])
    command = ["node", "--input-type=module", "--eval", PROGRAM, sent]
    outcome = subprocess.run(command, cwd=ROOT / "tests/js", capture_output=True, text=True, check=False)
    assert (outcome.returncode == 0) == genuine
    if genuine:
        assert json.loads(outcome.stdout) == json.loads(body)
