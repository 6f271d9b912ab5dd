"""Causes that controllers have a part in, and that what is suggested works when it is typed."""

import shlex

import pytest

from harness import causes, shop
from harness.daemon import eventually

pytestmark = pytest.mark.machine

LIMITS = "limits: { memory: 192M, pids: 200, cpu: 1 }"


@pytest.mark.parametrize("kind", causes.CONTROLLED)
def test_the_cause_is_named(daemon, kind, random_source, repetitions, capsys):
    count = repetitions(2)
    line = causes.campaign(daemon, kind, count, random_source, LIMITS)
    if count > 2:
        with capsys.disabled():
            print("\n" + line)


def typed(daemon, suggestion):
    """What a person does who believes it."""
    words = shlex.split(suggestion)
    assert words[0] == "bulkhead"
    # A shell that has nobody to type.
    end = ["--", "/bin/true"] if words[1] == "rescue" else []
    return daemon.cli(*words[1:], *end)


# What does not fit: the service's keys, and what it does when it goes on.
SHORT = {
    "memory-max": (causes.EATER.format(mebibytes=70), {"memory": "64M"}),
    "memory-child": (causes.PARENT.format(mebibytes=70, then="if status: sys.exit(1)"), {"memory": "64M"}),
    "pids": (causes.FORKER.replace("500", "14"), {"pids": 10}),
}


@pytest.mark.parametrize("kind", SHORT)
def test_what_is_suggested_can_be_typed_and_helps(daemon, kind):
    program, limits = SHORT[kind]
    program += "\nopen('done', 'w').close()\nimport time; time.sleep(3600)\n"
    directory = shop.start(daemon, {
        "web": {"command": causes.python(program), "restart": "no", "limits": limits}}, LIMITS)
    directory.chmod(0o777)

    def ended():
        found = daemon.call("Explain", {"project": "shop", "workload": "web"})
        return found if found["state"] == "ended" and found["cause"] == kind else None
    found = eventually(ended, f"web ends by {kind}")
    assert found["suggestion"].startswith("bulkhead quota set shop/web --"), found
    typed(daemon, found["suggestion"])
    daemon.call("Start", {"project": "shop", "service": "web"})
    eventually((directory / "done").exists, "it has what it needs")
    found = daemon.call("Explain", {"project": "shop", "workload": "web"})
    assert found["state"] != "ended" and found["cause"] != kind, found


def test_a_command_that_was_given_too_little_is_suggested_with_more(daemon):
    shop.start(daemon, {"idle": {}}, LIMITS)
    daemon.await_ready("shop")
    tried = daemon.cli("run", "-p", "shop", "--memory", "40M", "--",
                       *causes.python(causes.EATER.format(mebibytes=42).strip()), check=False)
    assert tried.returncode == 137, tried
    found = daemon.call("Explain", {"project": "shop"})
    assert found["cause"] == "memory-max", found
    assert found["suggestion"].startswith("bulkhead run -p shop --memory 56M -- /usr/bin/python3 -c ")
    typed(daemon, found["suggestion"])


def test_every_suggestion_is_a_command_that_works(daemon):
    bench = causes.Bench(daemon)
    bench.start(LIMITS)
    for kind in [*causes.NATIVE, *causes.CONTROLLED]:
        # What is left of another boot would be in the way of the next.
        if kind in causes.OF_SUPERVISORS:
            continue
        found = bench.inject(kind, 0)
        causes.check(kind, found)
        # The same once more with more is tried above.
        if " run -p " not in found["suggestion"]:
            typed(daemon, found["suggestion"])
        if bench.after:
            bench.after()
            bench.after = None
