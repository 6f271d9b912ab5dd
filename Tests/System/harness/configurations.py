"""What a configuration is in front of the supervisor and behind it: read and compared."""

import contextlib
import subprocess


def identities(daemon, name):
    """What must not change for a project that nobody touches."""
    shown = daemon.show(name)
    return {"init": shown.get("pid"),
            **{each["name"]: (each.get("run"), each.get("pid")) for each in shown["services"]}}


def version(daemon):
    """The number of the version that is in force."""
    versions = daemon.call("ConfigurationHistory")["versions"]
    return next(each["version"] for each in versions if each["active"])


def files(daemon):
    """What is on the disk, by name."""
    found = {path.relative_to(daemon.configuration).as_posix(): path.read_text()
             for path in daemon.configuration.rglob("*") if path.is_file()}
    assert not [name for name in found if not name.endswith(".yaml")], found.keys()
    return found


def assert_files_are_in_force(daemon):
    """Applying what is on the disk makes no new version: it is what is in force, byte by byte."""
    before = version(daemon)
    daemon.call("ConfigurationApply")
    assert version(daemon) == before


def refused(daemon, *arguments):
    """What a command says that is refused."""
    outcome = daemon.cli(*arguments, check=False)
    assert outcome.returncode == 1, outcome
    return outcome.stderr


@contextlib.contextmanager
def read_only(daemon):
    """The configuration's file system takes nothing any more."""
    directory = str(daemon.configuration)
    subprocess.run(["mount", "--bind", directory, directory], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", directory], check=True)
        yield
    finally:
        subprocess.run(["umount", directory], check=True)
