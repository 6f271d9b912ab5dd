"""Configurations that cannot be read or written, and supervisors that die while they change one."""

import contextlib
import os
import threading
import time

import pytest

from harness.configurations import (assert_files_are_in_force, files, identities, read_only, refused,
                                    version)
from harness.daemon import PATIENCE_SECONDS, Refused

SLEEPER = "main: { command: [/bin/sleep, infinity], grace: 1s }"


@pytest.fixture
def fleet(daemon):
    """A supervisor with the projects shop and api, both ready."""
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER) + daemon.project("api", SLEEPER))
    daemon.start()
    for name in ("shop", "api"):
        daemon.await_ready(name)
    return daemon


@pytest.mark.native
@pytest.mark.parametrize("spoil", [
    lambda d: (d / "bulkhead.yaml").chmod(0o666),
    lambda d: (d / "projects.d").chmod(0o777),
    lambda d: d.chmod(0o777),
    lambda d: os.chown(d / "bulkhead.yaml", 1234, 0),
    lambda d: (d / "projects.d/x.yaml").symlink_to("/dev/null"),
    lambda d: (d / "projects.d/x.yml").write_text("projects: {}\n"),
    lambda d: os.mkfifo(d / "projects.d/x.yaml"),
], ids=["file", "projects.d", "directory", "owner", "link", "yml", "fifo"])
def test_what_others_may_write_is_not_read(fleet, spoil):
    spoil(fleet.configuration)
    number = version(fleet)
    refused(fleet, "config", "apply")
    refused(fleet, "config", "check", str(fleet.configuration))
    assert version(fleet) == number and fleet.show("shop")["ready"]
    # Put right for the end.
    fleet.configuration.chmod(0o755)
    (fleet.configuration / "projects.d").chmod(0o755)
    os.chown(fleet.configuration / "bulkhead.yaml", 0, 0)
    (fleet.configuration / "bulkhead.yaml").chmod(0o644)


@pytest.mark.native
def test_what_cannot_be_written_is_not_registered(fleet):
    before, number = files(fleet), version(fleet)
    path = fleet.project_directory("new")
    sandboxes = {name: identities(fleet, name) for name in ("shop", "api")}
    with read_only(fleet):
        for arguments in (["register", "new", path], ["config", "rollback", number]):
            assert "read-only" in refused(fleet, *arguments).lower()
        assert version(fleet) == number
        assert len(fleet.call("List")["projects"]) == 2
        fleet.kill()
        fleet.start()
    assert files(fleet) == before
    fleet.cli("register", "new", path)
    assert_files_are_in_force(fleet)
    assert {name: identities(fleet, name) for name in ("shop", "api")} == sandboxes


class Operator(threading.Thread):
    """Changes the configuration in every way there is until the supervisor is gone."""

    def __init__(self, daemon, random_source, wishes):
        super().__init__(daemon=True)
        self.supervisor, self.random, self.wishes = daemon, random_source, wishes
        self.failure = None

    def run(self):
        try:
            with self.supervisor.connect() as connection:
                while True:
                    with contextlib.suppress(Refused):
                        self.act(connection)
        except OSError:
            return
        except AssertionError as error:
            if "ended without a reply" not in str(error):
                self.failure = error

    def act(self, connection):
        name = self.random.choice(["new-a", "new-b", "new-c"])
        choice = self.random.random()
        if choice < 0.35:
            path = self.supervisor.project_directory(name)
            connection.call("Register", {"name": name, "path": str(path)})
            self.wishes[name] = True
        elif choice < 0.6:
            connection.call("Remove", {"project": name})
            self.wishes[name] = False
        elif choice < 0.8:
            newest = connection.call("ConfigurationHistory", {"limit": 1})["versions"][0]
            wanted = self.random.randrange(max(1, newest["version"] - 5), newest["version"] + 1)
            self.wishes.clear()
            connection.call("ConfigurationRollback", {"version": wanted})
        else:
            connection.call("ConfigurationApply")


@pytest.mark.repeated
def test_files_are_what_is_in_force_whenever_it_dies(daemon, repetitions, random_source):
    # Registered projects get nothing that this host could not do.
    defaults = "" if daemon.on_machine else \
        "global: { defaults: { limits: { allow_unlimited: true } } }\n"
    daemon.configure(defaults + "projects:\n" + daemon.project("steady", SLEEPER))
    daemon.start()
    daemon.await_ready("steady")
    steady = identities(daemon, "steady")
    # Emulated, each project takes seconds to come and to go.
    for number in range(repetitions(5 if daemon.on_machine else 50)):
        told = f"round {number}"
        wishes = {}
        operator = Operator(daemon, random_source, wishes)
        operator.start()
        time.sleep(random_source.uniform(0, 2.0 if daemon.on_machine else 0.2))
        daemon.kill()
        operator.join(PATIENCE_SECONDS)
        assert operator.failure is None, operator.failure
        daemon.start()
        assert_files_are_in_force(daemon)
        names = {project["name"] for project in daemon.call("List")["projects"]}
        on_disk = {name.removeprefix("projects.d/").removesuffix(".yaml")
                   for name in files(daemon) if name.startswith("projects.d/")}
        assert on_disk <= names, told
        # One operator, one thing at a time: what was acknowledged last is so, but for the one thing
        # under way.
        wrong = [name for name, there in wishes.items() if (name in on_disk) != there]
        assert len(wrong) <= 1, (told, wishes, on_disk)
        assert identities(daemon, "steady") == steady, told
