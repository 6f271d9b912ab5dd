"""What makes no sense is refused in one line with a way out, and nothing is changed by it."""

import pytest

from harness.daemon import eventually

pytestmark = pytest.mark.machine

SERVICES = ("web: { command: [/bin/sleep, infinity], limits: { memory: 64M, pids: 20 } }\n"
            "side: { command: [/bin/sleep, infinity] }\n")
LIMITS = "limits: { memory: 256M, memory_min: 8M, cpu: 0.5, cpu_min: 0.1, pids: 64, swap: 0 }"

# The words that follow `bulkhead quota`, and what is to be read then. Nothing of it happens.
LINES = [
    # Negative, nothing, and too large for any number.
    ("set shop --memory -300M", "leads out of what there is"),
    ("set shop --pids -65", "leads out"),
    ("set shop --cpu -1", "leads out"),
    ("set shop --memory 0", "too little"),
    ("set shop --memory 4K", "too little"),
    ("set shop --pids 0", "pids"),
    ("set shop --pids 1", "pids"),
    ("set shop --cpu 0", "less than 0.01"),
    ("set shop --cpu-weight 0", "cpu-weight"),
    ("set shop --cpu-weight 10001", "cpu-weight"),
    ("set shop --memory 18446744073709551616", "memory"),
    ("set shop --memory 99999999999999999999G", "19 digits"),
    ("set shop --memory 17179869184G", "8 EiB"),
    ("set shop --memory +9223372036854775807", "memory"),
    ("set shop --pids 4294967296", "pids"),
    ("set shop --pids +4194304", "pids"),
    ("set shop --cpu 8193", "more than 8192"),
    ("set shop --cpu-burst 1000s", "819200ms"),
    ("set shop --memory 1e9", "memory"),
    ("set shop --memory nan", "memory"),
    ("set shop --cpus 3-1", "backwards"),
    ("set shop --open-files 3", "open-files"),
    # Nobody of that name.
    ("set shpo --memory 1G", "did you mean shop?"),
    ("set nobody --memory 1G", "there is no project 'nobody'"),
    ("set shop/wbe --memory 32M", "did you mean web?"),
    ("set shop/web --memroy 32M", "did you mean"),
    ("move --memory 64M shop nobody", "there is no project 'nobody'"),
    ("reset nobody", "nobody"),
    # More than above it, or than there is.
    ("set shop/web --memory 257M", "above the project's 256M"),
    ("set shop/web --pids 65", "above the project's 64"),
    ("set shop/web --cpu 0.6", "above the project's 0.5"),
    ("set shop --memory 32M shop/web --memory 48M", "above the project's 32M"),
    ("set shop --memory-high 257M", "above memory, 256M"),
    ("set shop --memory-min 257M", "more than what is allowed"),
    ("set shop --memory 1T --memory-min 1T", "this machine has"),
    ("set shop --memory max --memory-min 1T", "this machine has"),
    ("set shop --cpu 64 --cpu-min 64", "this machine has"),
    ("move --memory-min 1G api shop", "memory_min"),
    ("move --memory 1T api shop", "leads out"),
    # What cannot be enforced here, or not now.
    ("set shop --disk 1G", "cannot enforce it"),
    ("set shop --inodes 1000", "cannot enforce it"),
    ("set shop --shm 1M", "when the project starts"),
    ("set shop --cpus 0,8000", "cpus"),
    ("set shop --io /nowhere/at/all:wbps=1M", "/nowhere/at/all"),
    ("set shop --io /proc:wbps=1M", "/proc"),
    ("set shop/web --log-rate 5", "the whole project's"),
    # What contradicts itself.
    ("set shop --memory 128M shop --memory 200M", "twice"),
    ("set shop --memory 128M --for 1h --persist", "would restore"),
    ("set shop --memory 128M --for 0s", "for"),
    ("set shop --memory 128M --for 1000d", "for"),
    ("set shop --memory 128M --within 1ms", "budget"),
    ("move --memory 64M shop shop", "twice"),
    ("move --memory 0 shop api", "memory"),
]


def state(daemon):
    """All of quota show, without what is counted while it is looked; and the history."""
    moving = ("in_use", "peak", "hits", "until_ms")
    return ([{key: each[key] for key in sorted(each) if key not in moving}
             for quota in daemon.call("QuotaShow")["quotas"] for each in quota["limits"]],
            len(daemon.call("QuotaHistory", {"limit": 1000})["records"]),
            [each["version"] for each in daemon.call("ConfigurationHistory")["versions"]])


def test_bad_input_is_refused_in_one_line_with_a_way_out_and_changes_nothing(daemon):
    daemon.configure("projects:\n" + daemon.project("shop", SERVICES, LIMITS)
                     + daemon.project("api", "", LIMITS))
    daemon.start()
    for name in ("shop", "api"):
        daemon.await_ready(name)
    daemon.cli("quota", "set", "api", "--pids", "70", "--for", "1h")
    before = state(daemon)
    wrong = []
    for line, words in LINES:
        # With it something that could be done, which is not done either.
        sound = [] if line.startswith(("reset", "move")) else ["api", "--pids", "90"]
        outcome = daemon.cli("quota", *line.split(), *sound, check=False)
        text = outcome.stderr
        if (outcome.returncode not in (1, 2, 3) or outcome.stdout or text.count("\n") != 1
                or "(hint: " not in text or words not in text):
            wrong.append((line, outcome))
        elif state(daemon) != before:
            wrong.append((line, "changed something"))
            before = state(daemon)
    assert not wrong, "\n".join(map(str, wrong))
    files = [path.name for path in daemon.configuration.rglob("*.yaml")]
    assert files == ["bulkhead.yaml"]
    # What can be done still is.
    daemon.cli("quota", "set", "shop", "--memory", "300M", "api", "--pids", "90")
    eventually(lambda: state(daemon) != before, "it is in force")
