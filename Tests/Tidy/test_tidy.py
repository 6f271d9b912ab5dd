"""Rules of the repository that a compiler does not know."""

import os
import pathlib
import re
import subprocess

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
LINES_MAX = 420
CODE = (".swift", ".c", ".h", ".py", ".sh", "")

# One kernel subject each, and never each other: design.md, section 4.
SUBJECTS = {"Namespaces", "Mounts", "Cgroups", "Capabilities", "Seccomp", "Volumes", "Networks"}


def tracked(*suffixes):
    """The files that git knows or would add, with one of these suffixes."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True,
    )
    paths = [REPOSITORY / name for name in listing.stdout.splitlines()]
    return [path for path in paths
            if path.is_file() and (not suffixes or path.suffix in suffixes)]


def offenders(pattern, *suffixes):
    """`file:line: text` of every line that matches."""
    found = []
    for path in tracked(*suffixes):
        if path == pathlib.Path(__file__).resolve():
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(REPOSITORY)}:{number}: {line.strip()}"
                  for number, line in enumerate(lines, 1) if re.search(pattern, line)]
    return found


def imports():
    """(module, imported, path) for every import in Sources."""
    for path in tracked(".swift"):
        parts = path.relative_to(REPOSITORY).parts
        if parts[0] != "Sources":
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            match = re.match(r"(?:@\w+(?:\(\w+\))?\s+|public\s+|internal\s+|private\s+)*import\s+"
                             r"(?:(?:struct|func|class|enum|var|let)\s+)?(\w+)", line)
            if match:
                yield parts[1], match[1], path


def test_there_is_something_to_look_at():
    assert len(tracked(".swift")) > 20
    assert len(list(imports())) > 20


def test_no_file_is_longer_than_a_reader_can_hold():
    long = [f"{path.relative_to(REPOSITORY)}: {count}" for path in tracked(*CODE)
            if (count := len(path.read_bytes().splitlines())) > LINES_MAX]
    assert long == []


def test_nothing_is_put_off():
    assert offenders(r"\b(TODO|FIXME|XXX|HACK)\b", *CODE) == []


def test_no_path_of_a_developers_machine_is_named():
    assert offenders(r"/work/(main|wt|shared)|/Users/\w|/tmp/brief|/root/[.]pyenv") == []


def test_no_package_registry_is_named():
    hosts = ("debian[.]org", "debian[.]net", "pypi[.]org", "npmjs", "crates[.]io", "golang[.]org",
             "pythonhosted")
    assert offenders("|".join(hosts)) == []


def test_only_syscalls_imports_the_c_shims():
    found = {module for module, imported, _ in imports() if imported == "CLinux"}
    assert found <= {"Syscalls"}


def test_the_vocabulary_imports_nothing():
    assert [path for module, _, path in imports() if module == "Plan"] == []


@pytest.mark.parametrize("banned", ["Foundation", "FoundationEssentials", "Glibc", "Musl", "Dispatch"])
def test_no_module_imports(banned):
    assert [str(path) for _, imported, path in imports() if imported == banned] == []


def test_no_kernel_subject_imports_another():
    found = [(module, imported) for module, imported, _ in imports()
             if module in SUBJECTS and imported in SUBJECTS]
    assert found == []


def test_gnu_extensions_stay_out_of_headers_that_swift_imports():
    headers = [path for path in tracked(".h") if "Sources" in path.parts]
    assert [path for path in headers if "_GNU_SOURCE" in path.read_text(encoding="utf-8")] == []


def test_scripts_are_sound():
    scripts = [path for path in tracked("", ".sh")
               if path.parts[-2] in ("scripts", "machine", ".ci")
               and path.read_bytes().startswith((b"#!/usr/bin/env bash", b"#!/bin/sh"))]
    assert len(scripts) > 5
    assert [str(path) for path in scripts if not os.access(path, os.X_OK)] == []
    checked = subprocess.run(["shellcheck", "-x", *scripts], cwd=REPOSITORY, check=False,
                             stdout=subprocess.PIPE, text=True)
    assert checked.stdout == ""


def raw_values(path, enumeration):
    """The words of the cases of a Swift enumeration; a case without one is its own."""
    text = (REPOSITORY / path).read_text(encoding="utf-8").split(f"enum {enumeration}:", 1)[1]
    body = text.split("\n}", 1)[0]
    return {word or name for name, word in
            re.findall(r'^    case (\w+)(?: = "([^"]+)")?$', body, re.MULTILINE)}


def test_what_the_state_machines_report_is_a_kind_of_record():
    """One that is none would be recorded as a note of the supervisor, and found by nobody."""
    kinds = raw_values("Sources/Audit/AuditKind.swift", "AuditKind")
    told = raw_values("Sources/Observing/EventLimiter.swift", "LimitKind")
    told |= {f"project.{phase}" for phase in
             raw_values("Sources/Supervision/ProjectPhase.swift", "ProjectPhase")}
    # Files of a cgroup are called in the same way.
    words = {kind.split(".")[0] for kind in kinds} - {"cpu", "io", "memory", "pids"}
    for directory in ("Supervision", "bulkheadd"):
        for path in tracked(".swift"):
            if REPOSITORY / "Sources" / directory in path.parents:
                told |= {kind for kind in re.findall(r'"([a-z]+\.[a-z-]+)"', path.read_text())
                         if kind.split(".")[0] in words}
    assert len(kinds) > 90 and len(told) > 40, (kinds, told)
    assert told <= kinds, told - kinds


def test_every_kind_of_record_is_in_the_manual_page():
    """Whoever asks for one looks there: the hint of --event says so."""
    page = (REPOSITORY / "docs/man/bulkhead-audit.1").read_text(encoding="utf-8")
    section = page.split(".Ss Kinds of records\n", 1)[1].split("\n.Sh ", 1)[0]
    listed = re.findall(r"(?<!It )\b([a-z]+\.[a-z-]+)(?= [,.])", section)
    kinds = raw_values("Sources/Audit/AuditKind.swift", "AuditKind")
    assert sorted(listed) == sorted(kinds)
    assert set(re.findall(r"\.It Li (\S+)\.\*", section)) == {each.split(".")[0] for each in kinds}


def test_the_table_of_fields_has_every_field_and_no_other():
    source = (REPOSITORY / "Sources/Audit/AuditField.swift").read_text(encoding="utf-8")
    fields = set(re.findall(r'static let \w+ = "([A-Z_0-9]+)"', source))
    table = (REPOSITORY / "docs/audit.md").read_text(encoding="utf-8").split("\n| field | what |\n", 1)[1]
    rows = [line.split("|")[1] for line in table.split("\n\n", 1)[0].splitlines()[1:]]
    listed = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert len(fields) > 50 and len(listed) == len(set(listed))
    assert set(listed) == fields


def test_every_cause_of_a_session_is_one_that_may_be_asked_for():
    source = (REPOSITORY / "Sources/Arguments/AuditRequest.swift").read_text(encoding="utf-8")
    causes = source.split("static let causes", 1)[1].split("]", 1)[0]
    told = {cause for path in tracked(".swift") if "bulkheadd" in path.parts
            for cause in re.findall(r"loseSessions\([^\"]*?\"([a-z]+)\"", path.read_text(encoding="utf-8"))}
    assert len(told) > 3, told
    runs = raw_values("Sources/Plan/RunCause.swift", "RunCause")
    assert {each for each in told if f'"{each}"' not in causes} <= runs


def test_what_is_said_beside_the_trail_is_taken_for_no_forgery():
    """An entry of a kind that is chained, and that is in no chain, is a finding of audit verify."""
    kinds = raw_values("Sources/Audit/AuditKind.swift", "AuditKind")
    text = (REPOSITORY / "Sources/Audit/AuditKind.swift").read_text(encoding="utf-8")
    names = dict(re.findall(r'^    case (\w+) = "([^"]+)"$', text, re.MULTILINE))
    listed = text.split("unchainedKinds", 1)[1].rsplit("[", 1)[1].split("]", 1)[0]
    allowed = {names[name] for name in re.findall(r"\.(\w+)", listed)}
    said = set()
    for directory in ("bulkheadd", "Journal"):
        for path in tracked(".swift"):
            if REPOSITORY / "Sources" / directory in path.parents:
                text = path.read_text(encoding="utf-8")
                said |= set(re.findall(r'journal\.say\((?:.(?!\.say\())*?kind: "([a-z.-]+)"', text, re.DOTALL))
                said |= set(re.findall(r'"BULKHEAD_EVENT", "([a-z.-]+)"', text))
    assert len(said) > 2 and said & kinds == allowed, (said & kinds, allowed)
