"""The rules of accounts and sessions."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.support.machine.base import PICK, ServiceMachine, pick
from tests.support.machine.model import ACCESS_SECONDS, GRACE_SECONDS, RECENT_SECONDS, Account, Login
from tests.support.world import Answer

NAMES = st.sampled_from(["ada", "ADA", "Ben", "ésa", "E\u0301SA"])
HOSTS = st.sampled_from(["a.example.com", "b.example.com", "c.example.com"])
PASSWORDS = st.sampled_from(["correct zebra battery", "violet anchor lantern"])
WRONG = st.sampled_from([False, False, False, True])
GUESTS = 2
somebody = precondition(lambda self: self.model.logins)
some_user = precondition(lambda self: any(not each.is_guest for each in self.model.accounts))
few_guests = precondition(lambda self: sum(each.is_guest for each in self.model.accounts) < GUESTS)


class PeopleMachine(ServiceMachine):
    """People register, log in, change and leave."""

    def __init__(self) -> None:
        super().__init__()
        self.names_given = 0

    def two_users_log_in(self, password: str) -> None:
        """Begin with two users, each with a session."""
        for name, host in (("ada", "a.example.com"), ("Ben", "b.example.com")):
            self.register(0, False, name, host, password)
            self.log_in(0, False, False)

    def _address(self, host: str) -> str:
        return f"mail@{self.suffix}.{host}"

    def _entered(self, account: Account, answer: Answer) -> None:
        """Add a session with the tokens of an answer."""
        login = Login(account, "", "", 0, int(self.watch().timestamp()))
        self._renewed(login, answer)
        sessions = self.send("GET", "/auth/sessions", login).json
        [login.id] = [each["id"] for each in sessions if each["current"]]
        self.model.logins.append(login)

    def _renewed(self, login: Login, answer: Answer) -> None:
        login.token = answer.json["access_token"]
        login.expires = int(self.watch().timestamp()) + ACCESS_SECONDS
        if successor := answer.json.get("refresh_token"):
            login.refreshes += [successor] if successor not in login.refreshes else []

    @rule(number=PICK, with_token=st.booleans(), name=NAMES, host=HOSTS, password=PASSWORDS)
    def register(self, number: int, with_token: bool, name: str, host: str, password: str) -> None:
        login = self.caller(number) if with_token and self.model.logins else None
        username, email = f"{name}{self.suffix}", self._address(host)
        body = {"username": username, "email": email, "password": password}
        answer = self.send("POST", "/register", login, json=body)
        if login and self.refuses(answer, login):
            return
        if taken := self.model.taken(username, email):
            assert answer.status_code == 409, answer.text
            assert {each["field"] for each in answer.json["errors"]} == taken
            return
        assert answer.status_code == 201, answer.text
        if login and login.account.is_guest:
            account = login.account
            assert answer.json["id"] == account.id
            self.model.end_logins(account)
        else:
            account = Account(answer.json["id"])
            self.model.accounts.append(account)
        account.username, account.email, account.password = username, email, password

    @few_guests
    @rule()
    def become_a_guest(self) -> None:
        answer = self.send("POST", "/auth/anonymous")
        assert answer.status_code == 201
        account = Account("")
        self._entered(account, answer)
        account.id = self.send("GET", "/user", self.model.logins[-1]).json["id"]
        self.model.accounts.append(account)

    @rule(name=NAMES, host=st.none() | HOSTS, password=PASSWORDS)
    def log_in_by_chance(self, name: str, host: str | None, password: str) -> None:
        self._log_in(self._address(host) if host else f"{name}{self.suffix}", password)

    @some_user
    @rule(number=PICK, by_address=st.booleans(), wrong=WRONG)
    def log_in(self, number: int, by_address: bool, wrong: bool) -> None:
        account = pick([each for each in self.model.accounts if not each.is_guest], number)
        self._log_in(str(account.email if by_address else account.username), f"{account.password}{'x' * wrong}")

    def _log_in(self, login: str, password: str) -> None:
        answer = self.send("POST", "/login", json={"username": login, "password": password})
        account = self.model.named(login, password)
        assert answer.status_code == (200 if account else 401), answer.text
        if account:
            self._entered(account, answer)

    @somebody
    @rule(number=PICK)
    def see_the_account(self, number: int) -> None:
        login = self.caller(number)
        answer = self.send("GET", "/user", login)
        if not self.refuses(answer, login):
            account, seen = login.account, answer.json
            assert (seen["id"], seen["username"], seen["email"]) == (account.id, account.username, account.email)
            assert (seen["name"], seen["role"]) == (account.name, "guest" if account.is_guest else "user")

    @somebody
    @rule(number=PICK, name=st.none() | NAMES, host=st.none() | HOSTS, wrong=st.sampled_from([None, None, False, True]))
    def change_the_account(self, number: int, name: str | None, host: str | None, wrong: bool | None) -> None:
        self._change(self.caller(number), name, host, wrong)

    @some_user
    @rule(number=PICK, seconds=st.sampled_from([599, 600, 601]), host=HOSTS)
    def change_the_address_some_time_after_a_login(self, number: int, seconds: int, host: str) -> None:
        self.log_in(number, False, False)
        self.watch.forward(seconds)
        self._change(self.model.logins[-1], None, host, None)

    def _change(self, login: Login, name: str | None, host: str | None, wrong: bool | None) -> None:
        password = None if wrong is None else f"{login.account.password}{'x' * wrong}"
        username, email = name and f"{name}{self.suffix}", host and self._address(host)
        body = {"username": username, "email": email, "current_password": password, "name": f"Anna {self.watch()}"}
        answer = self.send("PUT", "/user", login, json={key: value for key, value in body.items() if value})
        if self.refuses(answer, login, guests=True):
            return
        account = login.account
        confirmed = self.watch().timestamp() - login.proved_at <= RECENT_SECONDS
        if password and password != account.password:
            assert answer.status_code == 403, answer.text
        elif not password and email not in (None, account.email) and not confirmed:
            assert answer.status_code == 422, answer.text
        elif taken := self.model.taken(username or "", email or "", account) & {key for key in body if body[key]}:
            assert answer.status_code == 409, answer.text
            assert {each["field"] for each in answer.json["errors"]} == taken
        else:
            assert answer.status_code == 200, answer.text
            account.username, account.email = username or account.username, email or account.email
            account.name = body["name"]

    @somebody
    @rule(number=PICK, stale=st.booleans())
    def change_the_version_that_was_seen(self, number: int, stale: bool) -> None:
        login = self.caller(number)
        seen = self.send("GET", "/user", login).headers.get("ETag", "")
        first = self._put_name(login, seen)
        if self.refuses(first, login, guests=True):
            return
        second = self._put_name(login, seen if stale else first.headers["ETag"])
        assert (first.status_code, second.status_code) == (200, 412 if stale else 200)

    def _put_name(self, login: Login, seen: str) -> Answer:
        self.names_given += 1
        name = f"Name {self.names_given}"
        answer = self.send("PUT", "/user", login, json={"name": name}, headers={"If-Match": seen or '"none"'})
        if answer.status_code == 200:
            login.account.name = name
        return answer

    @somebody
    @rule(number=PICK, new=PASSWORDS, wrong=WRONG)
    def change_the_password(self, number: int, new: str, wrong: bool) -> None:
        login = self.caller(number)
        body = {"current_password": f"{login.account.password}{'x' * wrong}", "new_password": new}
        answer = self.send("PUT", "/user/password", login, json=body)
        if self.refuses(answer, login, guests=True):
            return
        assert answer.status_code == (403 if wrong else 204), answer.text
        if answer.status_code == 204:
            login.account.password = new
            self.model.end_logins(login.account, keep=login)

    @somebody
    @rule(number=PICK)
    def delete_the_account(self, number: int) -> None:
        login = self.caller(number)
        answer = self.send("DELETE", "/user", login)
        if not self.refuses(answer, login):
            assert answer.status_code == 204, answer.text
            self.model.remove(login.account)

    @somebody
    @rule(number=PICK, seconds=st.sampled_from([0, 10, 11]), between=st.booleans())
    def refresh_twice_with_one_token(self, number: int, seconds: int, between: bool) -> None:
        login = self.caller(number)
        self._refresh(login, 0)
        self.watch.forward(seconds)
        if between:
            self._refresh(login, 0)
        self._refresh(login, 2 if between else 1)

    @somebody
    @rule(number=PICK, age=st.sampled_from([0, 0, 1, 2]))
    def refresh(self, number: int, age: int) -> None:
        self._refresh(self.caller(number), age)

    def _refresh(self, login: Login, age: int) -> None:
        if len(login.refreshes) <= age:
            return
        token, now = login.refreshes[-1 - age], self.watch()
        answer = self.send("POST", "/auth/refresh", json={"refresh_token": token})
        in_grace = age == 1 and login.spent_at and (now - login.spent_at).total_seconds() <= GRACE_SECONDS
        if login.ended or (age and not in_grace):
            assert answer.status_code == 401, answer.text
            login.ended = True
            return
        assert answer.status_code == 200, answer.text
        assert (answer.json["refresh_token"] == login.refreshes[-1]) == bool(age)
        login.spent_at = login.spent_at if age else now
        self._renewed(login, answer)

    @somebody
    @rule(number=PICK)
    def renew(self, number: int) -> None:
        login = self.caller(number)
        answer = self.send("POST", "/auth/renew", login)
        if not self.refuses(answer, login):
            assert answer.status_code == 200, answer.text
            self._renewed(login, answer)

    @somebody
    @rule(number=PICK, everywhere=st.booleans())
    def log_out(self, number: int, everywhere: bool) -> None:
        login = self.caller(number)
        answer = self.send("POST", "/auth/logout-all" if everywhere else "/auth/logout", login)
        if not self.refuses(answer, login):
            assert answer.status_code == 204, answer.text
            login.ended = True
            if everywhere:
                self.model.end_logins(login.account)

    @somebody
    @rule(number=PICK, other=PICK)
    def end_a_session(self, number: int, other: int) -> None:
        login, ended = self.caller(number), pick(self.model.logins, other)
        answer = self.send("DELETE", f"/auth/sessions/{ended.id}", login)
        if not self.refuses(answer, login):
            mine = ended.account is login.account and not ended.ended
            assert answer.status_code == (204 if mine else 404), answer.text
            ended.ended |= mine

    @somebody
    @rule(number=PICK)
    def list_sessions(self, number: int) -> None:
        login = self.caller(number)
        answer = self.send("GET", "/auth/sessions", login)
        if not self.refuses(answer, login):
            listed = {each["id"]: each["current"] for each in answer.json}
            assert listed == {each.id: each is login for each in self.model.logins_of(login.account)}
