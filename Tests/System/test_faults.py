"""A launch that fails at any of its steps leaves nothing behind: docs/decisions/0006."""

# More steps than any launch has.
STEPS_MAX = 500


def walk(bulkhead, census, options, stride):
    """Lets step 0 fail, then the one a stride further, … until none does; what each failure said, in
    order."""
    said = []
    before = census.take()
    for number in range(0, STEPS_MAX, stride):
        outcome = bulkhead.run("true", options=options, env={"BULKHEAD_FAULT": str(number)})
        assert census.left_behind(before) == [], f"left by step {number}: {outcome.stderr}"
        if outcome.status == 0:
            return said
        assert outcome.status == 125, (number, outcome)
        assert len(outcome.errors) == 1, (number, outcome)
        said += outcome.errors
    raise AssertionError(f"no end of steps: {said[-1]}")


def test_a_fault_at_any_step_of_a_launch_leaves_nothing_behind(bulkhead, host_census, workdir, on_machine):
    (workdir / "in").mkdir()
    options = ["--ro", f"{workdir}/in:/in", "--tmpfs", "/scratch", "--tty"]
    # Emulated, a step takes a second.
    said = walk(bulkhead, host_census, options, 4 if on_machine else 1)
    # Each step is named, and none twice.
    assert len(set(said)) == len(said), said
    for step in ["load the seccomp profile", "make the cgroup", "lease an id range",
                 "prepare /in", "make the control socket", "give the go-ahead",
                 "become root of the user namespace", "attach /in", "mount proc at /proc",
                 "leave the host's root", "execute bulkhead-init"]:
        assert on_machine or any(step in line for line in said), (step, said)
    assert len(said) > 10, said


def test_a_number_that_is_no_step_changes_nothing(bulkhead):
    for number in ["-1", "100000", "", "x"]:
        assert bulkhead.run("true", env={"BULKHEAD_FAULT": number}).status == 0
