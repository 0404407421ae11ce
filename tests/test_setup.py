"""The set-up's own promises: exact and complete lock files that name no host, make targets as documented, a whole wheel."""

from __future__ import annotations

import re
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PYTHON_LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))
IN_LOCK = {
    "requirements.lock": ["regions"],
    "requirements-demo.lock": ["demo"],
    "requirements-dev.lock": ["dev"],
}
GROUP_IN_LOCK = {"requirements-build.lock": "build", "requirements-node.lock": "node"}


def entries(lock: str) -> list[str]:
    """The lock file's requirements, each with its hashes, as one line."""
    joined = (ROOT / lock).read_text().replace("\\\n", " ")
    return [line for line in joined.splitlines() if line and not line.lstrip().startswith("#")]


def versions(lock: str) -> dict[str, Version]:
    pinned = (Requirement(entry.split(" --hash=")[0]) for entry in entries(lock))
    return {canonicalize_name(pin.name): Version(next(iter(pin.specifier)).version) for pin in pinned}


def asked(extras: list[str]) -> list[Requirement]:
    """What pyproject.toml asks for with these extras; an extra may name another one of ours."""
    found = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
    for extra in extras:
        for requirement in map(Requirement, PROJECT["project"]["optional-dependencies"][extra]):
            found += asked(sorted(requirement.extras)) if requirement.name == "gcrm" else [requirement]
    return found


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_lock_file_is_known_here():
    assert set(PYTHON_LOCKS) == IN_LOCK.keys() | GROUP_IN_LOCK.keys()


@pytest.mark.parametrize("lock", [*PYTHON_LOCKS, "package-lock.json"])
def test_lock_names_no_host(lock):
    assert not re.findall(r"\w+://\S+|^--\S*(?:index|find-links).*", (ROOT / lock).read_text(), re.MULTILINE)


@pytest.mark.parametrize("lock", PYTHON_LOCKS)
def test_every_entry_is_exact_and_has_a_hash(lock):
    assert entries(lock)
    assert [entry for entry in entries(lock) if "==" not in entry or "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", IN_LOCK)
def test_lock_holds_what_the_project_asks_for(lock):
    pinned = versions(lock)
    wanted = asked(IN_LOCK[lock])
    assert [str(want) for want in wanted if canonicalize_name(want.name) not in pinned] == []
    assert [str(want) for want in wanted if pinned[canonicalize_name(want.name)] not in want.specifier] == []


@pytest.mark.parametrize("lock", GROUP_IN_LOCK)
def test_lock_holds_what_its_group_asks_for(lock):
    pinned = versions(lock)
    wanted = [Requirement(line) for line in PROJECT["dependency-groups"][GROUP_IN_LOCK[lock]]]
    assert [str(want) for want in wanted if pinned[canonicalize_name(want.name)] not in want.specifier] == []


def test_locks_agree_on_every_version():
    largest = versions("requirements-dev.lock")
    for lock in PYTHON_LOCKS:
        differing = {name for name, version in versions(lock).items() if largest.get(name, version) != version}
        assert not differing, lock


def test_smaller_locks_lie_within_the_larger():
    names = [versions(lock).keys() for lock in ("requirements.lock", "requirements-demo.lock", "requirements-dev.lock")]
    assert names[0] < names[1] < names[2]


def test_readme_names_no_make_target_that_is_missing():
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("there is no README yet")
    named = set(re.findall(r"\bmake ([a-z]+)\b(?=[ `\n]| *$)", "\n".join(code_in(readme.read_text()))))
    assert named - make_targets() == set()


def code_in(markdown: str) -> list[str]:
    """The indented or fenced lines and the `inline` pieces of a page."""
    fenced = re.findall(r"```.*?```", markdown, re.DOTALL)
    return [*fenced, *re.findall(r"`([^`\n]+)`", markdown), *re.findall(r"^    (.*)$", markdown, re.MULTILINE)]


@pytest.mark.parametrize("script", [".ci/setup", ".ci/run"])
def test_set_up_scripts_are_well_formed_and_executable(script):
    shell = (ROOT / script).read_text().split("\n", 1)[0].removeprefix("#!")
    subprocess.run([shell, "-n", ROOT / script], check=True)
    assert (ROOT / script).stat().st_mode & 0o111


def test_wheel_carries_all_that_is_not_code(tmp_path):
    """The installed package has no checkout beside it."""
    wheels = pytest.importorskip("hatchling.builders.wheel", reason="hatchling comes with the set-up")
    built = next(wheels.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    carried = set(zipfile.ZipFile(built).namelist())
    for folder in ("templates", "static", "migrations"):
        files = [path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob("*") if path.is_file()]
        wanted = {f"gcrm/_{folder}/{path.as_posix()}" for path in files if "__pycache__" not in path.parts}
        assert wanted <= carried, folder
    assert not [name for name in carried if name.startswith(("tests/", "node_modules/"))]
