"""Codes of oathtool, a command of the OATH Toolkit that shares no code with the service."""

import subprocess

from tests.support.mailing import MailWorld
from tests.support.world import join, log_in


def test_the_codes_of_oathtool_add_an_app_and_take_the_second_step() -> None:
    world = MailWorld()
    anna = join(world.client)
    setup = world.client.post("/user/factors/totp", headers=anna.headers).json

    def code() -> str:
        moment = f"{world.watch():%Y-%m-%d %H:%M:%S} UTC"
        command = ["oathtool", "--totp", "--base32", "--now", moment, setup["secret"]]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.strip()

    body = {"enrolment": setup["enrolment"], "code": code()}
    assert world.client.post("/user/factors", json=body, headers=anna.headers).status_code == 201
    world.watch.forward(30)
    ticket = log_in(world.client, anna).json["mfa_token"]
    assert world.client.post("/auth/mfa", json={"mfa_token": ticket, "code": code()}).status_code == 200
