"""What every template keeps to: a strict Content-Security-Policy, no outside host, and words only through gettext.

The scanner blanks Jinja's tags out of a template, keeping line numbers, and reads what is left as HTML. Text between `{% trans %}` and
`{% endtrans %}` counts as translated; the blocks `body_class` and `map_module` hold names, not words.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gcrm.core.vendor import ICONS

TEMPLATES = Path(__file__).parents[1] / "templates"
SANDBOXED = {"maps/drawing.html", "maps/sheet.html"}
"""Self-contained files that are shown under a sandboxing policy of their own, or on paper alone."""
SHOWN_ATTRIBUTES = {"title", "alt", "placeholder", "aria-label", "aria-description", "label"}
SPOKEN_VALUE = {"submit", "button", "reset"}
UNIVERSAL = {"km", "m", "s", "h", "min", "km²", "km/h", "gcrm"}
COMMENT = re.compile(r"\{#.*?#\}", re.S)
TRANSLATED = re.compile(r"\{%-?\s*trans\b.*?%\}.*?\{%-?\s*endtrans\s*-?%\}", re.S)
NAMES = re.compile(r"\{%-?\s*block (?:body_class|map_module)\s*-?%\}.*?\{%-?\s*endblock\s*-?%\}", re.S)
TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.S)
MADE_ELEMENT = re.compile(r"(</?)\{\{.*?\}\}", re.S)
ATTRIBUTE = re.compile(r"[\w-]+=\"[^\"]*\"")


def blanked(match: re.Match[str]) -> str:
    """Return nothing but the lines of what was matched."""
    return " " + "\n" * match[0].count("\n")


def html_of(source: str) -> str:
    for pattern in (COMMENT, TRANSLATED, NAMES):
        source = pattern.sub(blanked, source)
    return TAG.sub(blanked, MADE_ELEMENT.sub(r"\1made", source))


def words(text: str) -> str:
    """Return the words in a text, without numbers, punctuation and what is the same in every language."""
    # Macros write attributes outside any element.
    found = re.findall(r"[^\W\d_]+(?:[/²][^\W\d_]*)?", ATTRIBUTE.sub(" ", text))
    return " ".join(word for word in found if word not in UNIVERSAL)


class Scanner(HTMLParser):
    """Collects (line, fault) of a template's HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[tuple[int, str]] = []
        self.silent = 0

    def fault(self, sentence: str) -> None:
        self.faults.append((self.getpos()[0], sentence))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "style":
            self.fault("has a <style>: put it into static/css")
        if tag == "script" and attributes.get("type") != "application/json":
            if "nonce" not in attributes:
                self.fault("has a <script> without nonce")
            elif "src" not in attributes and attributes.get("type") != "importmap":
                self.fault("has an inline <script>: put it into static/js")
        for name, value in attributes.items():
            if name == "style" or re.match(r"on[a-z]+$", name):
                self.fault(f"has an inline {name}=")
            if re.match(r"(?:https?:)?//", value.strip()):
                self.fault(f"names a host in {name}=")
            shown = name in SHOWN_ATTRIBUTES or (
                name == "value" and tag == "input" and attributes.get("type") in SPOKEN_VALUE
            )
            if shown and words(value):
                self.fault(f"shows {words(value)!r} in {name}= outside gettext")
        if tag in ("script", "style", "code"):
            self.silent += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "code"):
            self.silent = max(0, self.silent - 1)

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        if re.search(r"https?://", data):
            self.fault("names a host")
        for offset, line in enumerate(data.split("\n")):
            if words(line):
                self.faults.append((self.getpos()[0] + offset, f"shows {words(line)!r} outside gettext"))


def faults_of(source: str) -> list[tuple[int, str]]:
    scanner = Scanner()
    scanner.feed(html_of(source))
    scanner.close()
    return scanner.faults


def templates() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*.html") if path.is_file())


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_template_is_strict_and_translatable(path: Path) -> None:
    faults = faults_of(path.read_text())
    if str(path.relative_to(TEMPLATES)) in SANDBOXED:
        faults = [fault for fault in faults if "<style>" not in fault[1] and "<script>" not in fault[1]]
    assert not faults, "\n".join(f"templates/{path.relative_to(TEMPLATES)}:{line} {fault}" for line, fault in faults)


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_icons_are_in_the_sprite(path: Path) -> None:
    source = COMMENT.sub("", path.read_text())
    named = re.findall(r"""\b(?:icon|empty_state)\(["']([\w-]+)["']""", source) + re.findall(
        r"""\bicon(?:_name)?=["']([\w-]+)["']""", source
    )
    assert set(named) <= set(ICONS), f"templates/{path.relative_to(TEMPLATES)} wants {sorted(set(named) - set(ICONS))}"


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("<p>\nHello</p>", (2, "shows 'Hello' outside gettext")),
        ('<a title="Open">x1</a>', (1, "shows 'Open' in title= outside gettext")),
        ('<p style="color: red">1</p>', (1, "has an inline style=")),
        ("<button onclick=\"go()\">{{ _('Go') }}</button>", (1, "has an inline onclick=")),
        ('<script nonce="n">go()</script>', (1, "has an inline <script>: put it into static/js")),
        ('<script src="/x.js"></script>', (1, "has a <script> without nonce")),
        ('<img src="https://example.org/x.png" alt="">', (1, "names a host in src=")),
        ("{% if x %}\n{# two\nlines #}<b>Yes</b>{% endif %}", (3, "shows 'Yes' outside gettext")),
        ('<input type="submit" value="Send">', (1, "shows 'Send' in value= outside gettext")),
    ],
)
def test_scanner_finds(source: str, fault: tuple[int, str]) -> None:
    assert fault in faults_of(source)


@pytest.mark.parametrize(
    "source",
    [
        "<p>{{ _('Hello') }}, 12 km – {{ name }}</p>",
        "{% trans %}Hello{% endtrans %}",
        "{% trans n=3 %}One{% pluralize %}Many{% endtrans %}",
        '<script type="application/json">{"text": {{ _("x")|tojson }}}</script>',
        '<script type="module" src="{{ static_url(\'x.js\') }}" nonce="{{ csp_nonce }}"></script>',
        '<a href="{{ url }}"{% if here %} aria-current="page"{% endif %} class="btn {{ more }}">{{ label }}</a>',
        "{# A comment in words. #}",
        '<option value="a"{% if x %} selected{% endif %}>{{ label }}</option>',
    ],
)
def test_scanner_lets_pass(source: str) -> None:
    assert faults_of(source) == []
