"""Sign-in with passwords that a real slapd knows."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from support.directory import Directory
from support.servers import Nexus
from support.signin import administrator, browser, person, serve, user


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    made = Directory(tmp_path_factory.mktemp("slapd"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def server(directory: Directory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nexus]:
    def start(*arguments: str, **options: Any) -> Nexus:
        return Nexus(tmp_path_factory.mktemp("ldap"), *arguments, **options)

    nexus = serve(start, directory.configuration())
    nexus.admin = administrator(nexus)
    yield nexus
    nexus.admin.close()
    nexus.stop()


def sign_in(client: httpx.Client, name: str, password: str) -> httpx.Response:
    return client.post("/api/v1/session", json={"name": name, "password": password})


def test_a_person_of_the_directory_signs_in(server: Nexus) -> None:
    with browser(server) as client:
        assert sign_in(client, "ada", "engine no. 1").status_code == 201
        caller = person(client)
        assert (caller["name"], caller["role"]) == ("ada", "user")
        assert user(server.admin, "ada")["display_name"] == "Ada Lovelace"
    with browser(server) as client:
        sign_in(client, "ada", "engine no. 1")
        assert person(client)["id"] == caller["id"]


@pytest.mark.parametrize("name, password", [
    ("ada", "wrong"), ("nobody", "engine no. 1"), ("*", "engine no. 1"), ("a*", "engine no. 1"),
    ("ada)(uid=*", "engine no. 1"),
])
def test_everybody_else_is_refused_in_the_same_words(server: Nexus, name: str, password: str) -> None:
    with browser(server) as client:
        answer = sign_in(client, name, password)
        assert answer.status_code == 401 and person(client) is None
        assert answer.json()["detail"] == "Name or password is wrong."


def test_an_empty_password_proves_nothing(server: Nexus) -> None:
    with browser(server) as client:
        assert sign_in(client, "ada", "").status_code in (400, 401)


def test_people_in_no_group_are_not_let_in(server: Nexus) -> None:
    with browser(server) as client:
        assert sign_in(client, "eve", "listening").status_code == 403


def test_who_has_a_password_here_is_not_looked_for_elsewhere(server: Nexus) -> None:
    with browser(server) as client:
        assert sign_in(client, "root", "directory password").status_code == 401
        assert sign_in(client, "root", "a long enough password").status_code == 201
        assert person(client)["role"] == "admin"


def test_a_directory_that_is_down_is_told_and_nobody_else_is_harmed(server: Nexus, directory: Directory) -> None:
    directory.stop()
    try:
        with browser(server) as client:
            answer = sign_in(client, "ada", "engine no. 1")
            assert answer.status_code == 504 and "directory" in answer.json()["detail"]
            assert sign_in(client, "root", "a long enough password").status_code == 201
    finally:
        directory.start()
    assert "reader secret" not in "\n".join(server.errors) and "engine no. 1" not in "\n".join(server.errors)
