"""The README keeps its word: its commands, settings, addresses and links are those of the program."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gcrm import cli
from gcrm.core import config

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
CODE = re.compile(r"`([^`]+)`")
COMMAND = re.compile(r"(?:[A-Z_]+=\S+ )*gcrm [a-z].*")
OWN_FOLDERS = ("/var/", "/etc/")


def code_spans(text: str = README) -> list[str]:
    """What stands between backquotes, on one line each."""
    return [" ".join(span.split()) for span in CODE.findall(text)]


def commands_in(text: str = README) -> list[list[str]]:
    """Every `gcrm …` as its words; in a table row `gcrm db start`, `stop` names a second command."""
    found = []
    for line in text.splitlines():
        if line.startswith("    "):
            found.append(line.strip().partition(" # ")[0])
        elif line.startswith("|"):
            found += row_commands(line)
    words = [shlex.split(command) for command in [*found, *code_spans(text)] if COMMAND.fullmatch(command)]
    return [every[every.index("gcrm") + 1 :] for every in words]


def row_commands(line: str) -> Iterator[str]:
    whole: list[str] = []
    for span in code_spans(line.split("|")[1]):
        if span.startswith("gcrm "):
            whole = span.split()
        elif whole:
            whole = [*whole[:-1], span]
        if whole:
            yield " ".join(whole)


def resolve(words: list[str]) -> tuple[str, click.Command, list[str]]:
    """The command that the words name, its full name, and the words after it."""
    command, name = cli.gcrm, ["gcrm"]
    with click.Context(command) as context:
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            inner = command.get_command(context, words[0])
            assert inner is not None, f"the README names “{' '.join([*name, words[0]])}”, which does not exist"
            command, name, words = inner, [*name, words[0]], words[1:]
    return " ".join(name), command, words


@cache
def every_command() -> dict[str, click.Command]:
    """All commands by their full names."""
    found: dict[str, click.Command] = {}

    def walk(command: click.Command, name: str) -> None:
        if not isinstance(command, click.Group):
            found[name] = command
            return
        with click.Context(command) as context:
            for word in command.list_commands(context):
                inner = command.get_command(context, word)
                assert inner is not None
                walk(inner, f"{name} {word}")

    walk(cli.gcrm, "gcrm")
    return found


@pytest.mark.parametrize("words", commands_in(), ids=" ".join)
def test_commands_of_the_readme_exist_with_their_options(words):
    name, command, rest = resolve(words)
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    wanted = {word.partition("=")[0] for word in rest if word.startswith("-")}
    assert wanted <= known | {"--help"}, f"“{name}” has no {', '.join(sorted(wanted - known))}"


def test_every_command_is_in_the_readme():
    named = {resolve(words)[0] for words in commands_in()}
    assert set(every_command()) - named == set()


def test_help_lists_what_exists_and_nothing_else():
    said = CliRunner().invoke(cli.gcrm, ["--help"]).output
    listed = set(re.findall(r"^  ([a-z]+) ", said.partition("Commands:")[2], re.MULTILINE))
    assert listed == set(cli.COMMANDS) == {name.split()[1] for name in every_command()}


def test_every_command_explains_itself():
    assert [name for name, command in every_command().items() if not command.help] == []


def test_settings_of_the_readme_are_the_programs():
    assert set(re.findall(r"\bGCRM_[A-Z_]+\b", README)) == set(config.names())


def setting_rows() -> list[tuple[str, str]]:
    """Each setting with the default that the README's table gives it."""
    table = README.partition("## Settings")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `GCRM_")]
    return [
        (name, said.strip(" `"))
        for names, defaults in rows
        for name, said in zip(code_spans(names), defaults.split(",") if "," in names else [defaults], strict=True)
    ]


def test_defaults_of_the_readme_are_the_programs():
    kept = config.Settings()
    for name, said in setting_rows():
        default = getattr(kept, name.removeprefix("GCRM_").lower())
        if isinstance(default, bool):
            assert said == ("yes" if default else "no"), name
        elif default != "":
            assert type(default)(said) == default, name


@cache
def app():
    from gcrm.app import create_app

    return create_app()


def shape(path: str) -> str:
    """An address with its parameters as stars: Flask's and OpenAPI's are then alike."""
    return re.sub(r"<[^>]+>|\{[^}]+\}", "*", path)


def test_addresses_of_the_readme_exist():
    rules = {shape(rule.rule) for rule in app().url_map.iter_rules()}
    named = {span.split("?")[0] for span in code_spans() if re.fullmatch(r"/[\w./{}?=&-]*", span)}
    ours = {path for path in named if not path.startswith(OWN_FOLDERS)}
    missing = {
        path for path in ours if not any(rule == shape(path) or rule.startswith(shape(path) + "/") for rule in rules)
    }
    assert ours
    assert missing == set()


def test_the_api_document_names_routes_that_exist():
    from flask_smorest import Api

    (rest,) = [extension["ext_obj"] for extension in app().extensions["flask-smorest"]["apis"].values()]
    assert isinstance(rest, Api)
    routes = {(shape(rule.rule), method) for rule in app().url_map.iter_rules() for method in rule.methods or ()}
    written = {
        (shape(path), method.upper())
        for path, entry in rest.spec.to_dict()["paths"].items()
        for method in entry
        if method != "parameters"
    }
    assert written
    assert written <= routes
    served = {route for route in routes if route[0].startswith("/api/v1/") and route[1] not in ("HEAD", "OPTIONS")}
    assert served - written <= {("/api/v1/openapi.json", "GET")}


@pytest.mark.parametrize("file", ["README.md", "CHANGELOG.md", "SECURITY.md", "gcrm/README.md"])
def test_links_and_files_exist(file):
    text = (ROOT / file).read_text()
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    named = [
        span for span in code_spans(text) if re.fullmatch(r"[\w.-]+(/[\w.-]+)+\.(md|py|yaml|toml|json|lock)", span)
    ]
    folder = (ROOT / file).parent
    missing = [
        name
        for name in links + named
        if not ((folder / name).exists() or (ROOT / name).exists() or (ROOT / "gcrm" / name).exists())
    ]
    assert missing == []
