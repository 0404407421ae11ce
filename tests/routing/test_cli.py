"""`gcrm route solve` and `gcrm route check`: files in, files out, exit statuses."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gcrm.routing.cli import route
from tests.routing.instances import document, shift, visit


def ran(*arguments: object) -> Result:
    return CliRunner().invoke(route, [str(one) for one in arguments])


@pytest.fixture
def file(tmp_path):
    """Return a function that writes a document to a file."""

    def write(given: Any, name: str = "problem.json"):
        path = tmp_path / name
        path.write_text(given if isinstance(given, str) else json.dumps(given))
        return path

    return write


def test_what_is_solved_is_right(file, tmp_path):
    given, out = file(document(visit("a", 1), visit("b", 3))), tmp_path / "solution.json"
    assert ran("solve", given, "--steps", 500, "-o", out).exit_code == 0
    checked = ran("check", given, out)
    assert checked.exit_code == 0
    assert "right" in checked.output


def test_without_a_file_the_solution_goes_to_the_screen(file):
    result = ran("solve", file(document(visit("a", 1))), "--steps", 200, "--seed", 7)
    assert json.loads(result.stdout)["seed"] == 7


def test_an_infeasible_problem_is_answered(file):
    given = file(document(visit("a", 1, rank=0), shifts=[shift(end=100)]))
    result = ran("solve", given, "--steps", 200)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["status"] == "infeasible"


def test_a_wrong_solution_exits_with_1_and_says_what_is_wrong(file, tmp_path):
    given, out = file(document(visit("a", 1))), tmp_path / "solution.json"
    ran("solve", given, "--steps", 200, "-o", out)
    claimed = json.loads(out.read_text())
    claimed["prize"] = claimed["travel_seconds"] = 5
    result = ran("check", given, file(claimed, "wrong.json"))
    assert result.exit_code == 1
    assert "prize is 5.0, recomputed 10.0" in result.output
    assert "travel_seconds is 5, recomputed 200" in result.output


@pytest.mark.parametrize("command", ["solve", "check"])
def test_a_malformed_problem_exits_with_2_and_names_every_fault(file, command):
    given = document(visit("a", 9, duration=-1), visit("a", 1, windows=[[5, 1]]))
    path = file(given)
    result = ran(command, path) if command == "solve" else ran(command, path, path)
    assert result.exit_code == 2
    for named in ("$.visits[0].place", "$.visits[0].duration", "$.visits[1].windows[0]", "$.visits[1].id"):
        assert named in result.output


def test_a_malformed_solution_exits_with_2(file):
    result = ran("check", file(document(visit("a", 1))), file({"version": 1}, "solution.json"))
    assert result.exit_code == 2
    assert "$.routes: is missing" in result.output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"version": 1, "version": 1}', "stands twice"),
        ('{"version": ' + "9" * 5000 + "}", "is not JSON"),
        ("[]", "must be an object"),
        ("NaN", "must be an object"),
    ],
)
def test_what_is_no_problem_exits_with_2_and_a_sentence(file, text, says):
    result = ran("solve", file(text))
    assert result.exit_code == 2
    assert says in result.output
    assert "Traceback" not in result.output


def test_a_missing_file_a_folder_and_bad_utf_8_exit_with_2(tmp_path):
    bad = tmp_path / "bad.json"
    bad.write_bytes(b'{"version": "\xff"}')
    for path, says in ((tmp_path / "none.json", "cannot be read"), (tmp_path, "cannot be read"), (bad, "is not UTF-8")):
        result = ran("solve", path)
        assert (result.exit_code, says in result.output) == (2, True)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "problem.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(document(visit("a", 1))).encode())
    assert ran("solve", path, "--steps", 100).exit_code == 0


@pytest.mark.parametrize(
    "options", [["--steps", "-1"], ["--time-limit", "nan"], ["--time-limit", "-1"], ["--seed", "x"]]
)
def test_impossible_options_exit_with_2(file, options):
    assert ran("solve", file(document(visit("a", 1))), *options).exit_code == 2


def test_a_folder_that_is_not_there_exits_with_1(file, tmp_path):
    result = ran("solve", file(document(visit("a", 1))), "--steps", 100, "-o", tmp_path / "no" / "file.json")
    assert result.exit_code == 1
    assert "cannot be written" in result.output


def test_ids_of_any_language_survive(file, tmp_path):
    given, out = file(document(visit("방문 1", 1))), tmp_path / "solution.json"
    assert ran("solve", given, "--steps", 100, "-o", out).exit_code == 0
    assert "방문 1" in out.read_text(encoding="utf-8")
    assert ran("check", given, out).exit_code == 0


def test_reading_and_checking_load_no_solver():
    code = (
        "import sys, gcrm.routing.problem, gcrm.routing.check, gcrm.routing.cli;"
        "print([m for m in ('numpy', 'ortools', 'flask', 'sqlalchemy') if m in sys.modules])"
    )
    ran_alone = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran_alone.stdout.strip() == "[]"
