"""Nothing lies about unused: no Python name, template, macro, import of one, script, export, style sheet or style.

It goes by words, so a name that is also written elsewhere for another reason passes.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CALLED_FROM_OUTSIDE = {
    # Names that only a library or a test calls, with the reason.
    "list_commands": "click asks the group of commands",
    "get_command": "click asks the group of commands",
    "format_commands": "click asks the group of commands",
    "ERROR_SCHEMA": "flask-smorest reads it",
    "_register_error_handlers": "flask-smorest calls it",
    "get_permissions": "Flask-Security asks a role",
    "find_user": "Flask-Security asks the data store",
    "find_role": "Flask-Security asks the data store",
    "send_mail": "Flask-Security sends letters by it",
    "load_config": "gunicorn calls it",
    "get_translations": "flask-babel asks it for a text",
    "preprocess_fields": "numba calls it",
    "STRANGERS": "the architecture test reads it",
    "from_nothing": "OR-Tools alone, beside which benchmarks and tests set the planner",
}
# Decorators after which somebody must still name the thing; any other one registers it somewhere.
SILENT = {
    "cache", "cached_property", "classmethod", "compiled", "contextmanager", "dataclass", "lru_cache", "njit",
    "overload", "property", "setter", "staticmethod", "total_ordering", "wraps",
}  # fmt: skip
DRAWN_BY_FLASK_SECURITY = "security/"
CLASSES_OF_LIBRARIES = ("maplibregl-", "leaflet-", "marker-cluster", "htmx-")
VARIABLES_OF_LIBRARIES = ("--bs-",)


@cache
def texts(folder: str, ending: str) -> dict[str, str]:
    base = ROOT / folder
    found = (file for file in base.rglob(f"*{ending}") if "vendor" not in file.relative_to(base).parts)
    return {str(file.relative_to(base)): file.read_text() for file in sorted(found)}


def everything(*kinds: dict[str, str]) -> str:
    return "\n".join(text for kind in kinds for text in kind.values())


def python() -> dict[str, str]:
    return texts("gcrm", ".py")


def templates() -> dict[str, str]:
    return texts("templates", ".html")


def scripts() -> dict[str, str]:
    return texts("static/js", ".js")


def sheets() -> dict[str, str]:
    return texts("static/css", ".css")


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


# -- Python ------------------------------------------------------------------------------------------------------------


class Names(ast.NodeVisitor):
    """What a module defines, and what it names: loads, attributes, and words in strings that are no docstring."""

    def __init__(self) -> None:
        self.defined: list[tuple[str, int]] = []
        self.named: set[str] = set()
        self.inside: list[str] = []
        self.at_top = True

    def visit_block(self, node: ast.Module | ast.ClassDef | ast.FunctionDef) -> None:
        body = node.body
        if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body = body[1:]
        for child in body:
            self.visit(child)

    def visit_Module(self, node: ast.Module) -> None:
        self.define_targets(node.body)
        self.visit_block(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.define(node)
        self.define_targets(node.body)
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        self.visit_block(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.define(node)
        for part in (*node.decorator_list, node.args, node.returns):
            if part is not None:
                self.visit(part)
        # A function that calls itself is not used by that.
        self.inside.append(node.name)
        self.visit_block(node)
        self.inside.pop()

    def define(self, node: ast.ClassDef | ast.FunctionDef) -> None:
        registers = {last_word(each) for each in node.decorator_list} - SILENT
        if not registers and not node.name.startswith("__"):
            self.defined.append((node.name, node.lineno))

    def define_targets(self, body: list[ast.stmt]) -> None:
        for node in body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            names = [each.id for each in targets if isinstance(each, ast.Name)]
            self.defined += [(name, node.lineno) for name in names if not name.startswith("__")]

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) and node.id not in self.inside:
            self.named.add(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not isinstance(node.ctx, ast.Store):
            self.named.add(node.attr)
        self.visit(node.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # such as the sentence below a column
            self.visit(node.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.named |= words(node.value)


def last_word(decorator: ast.expr) -> str:
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def test_every_python_name_is_used_by_the_app_itself():
    named = words(everything(templates())) | CALLED_FROM_OUTSIDE.keys()
    modules: dict[str, Names] = {}
    for name, text in python().items() | {(f"../{k}", v) for k, v in texts("migrations", ".py").items()}:
        modules[name] = Names()
        modules[name].visit(ast.parse(text))
        named |= modules[name].named
    unused = [
        f"{module}:{line} {name}"
        for module, names in sorted(modules.items())
        if not module.startswith("../")
        for name, line in names.defined
        if name not in named
    ]
    assert not unused, "nobody uses:\n" + "\n".join(unused)


# -- templates ---------------------------------------------------------------------------------------------------------

FROM = re.compile(r'{%-?\s*from "([^"]+)" import ([^%]*?)(?: with context)?\s*-?%}')
MACRO = re.compile(r"{%-?\s*macro (\w+)\(")


def test_every_template_is_drawn():
    said = everything(templates(), python())
    unused = [name for name in templates() if f'"{name}"' not in said and not name.startswith(DRAWN_BY_FLASK_SECURITY)]
    assert not unused


def test_every_macro_is_called():
    called = {name: FROM.sub("", MACRO.sub("", text)) for name, text in templates().items()}
    aliases = {a: b for text in templates().values() for a, b in re.findall(r"(\w+) as (\w+)", text)}
    said = everything(called)
    unused = [
        f"{name}: {macro}"
        for name, text in templates().items()
        if not name.startswith(DRAWN_BY_FLASK_SECURITY)
        for macro in MACRO.findall(text)
        if not re.search(rf"\b({macro}|{aliases.get(macro, macro)})\(", said)
    ]
    assert not unused


def test_every_imported_macro_is_used():
    unused = []
    for name, text in templates().items():
        said = FROM.sub("", text)
        for _, imported in FROM.findall(text):
            given = [one.strip().split(" as ")[-1] for one in imported.split(",")]
            unused += [f"{name}: {one}" for one in given if not re.search(rf"(?<!\|)\b{one}\(", said)]
    assert not unused


# -- scripts and styles ------------------------------------------------------------------------------------------------


def test_every_script_is_loaded():
    said = everything(templates(), python(), scripts())
    unused = [
        name
        for name in scripts()
        if f"/{Path(name).name}" not in said and name.removesuffix(".js") not in said and f"js/{name}" not in said
    ]
    assert not unused


def test_every_export_is_imported():
    unused = []
    for name, text in scripts().items():
        others = words(everything({other: body for other, body in scripts().items() if other != name}))
        exported = re.findall(r"export (?:async )?(?:function|const|let|class) (\w+)", text)
        unused += [f"{name}: {one}" for one in exported if one not in others]
    assert not unused


def test_every_style_sheet_is_linked():
    said = everything(templates(), python())
    unused = [name for name in sheets() if f"css/{name}" not in said and f'"{name.removesuffix(".css")}"' not in said]
    assert not unused


def test_every_style_has_somebody_who_wears_it():
    said = everything(templates(), python(), scripts())
    known = set(re.findall(r"[\w-]+", said))
    # As in `class="pill-{{ kind }}"` and `change-${kind}`: anything may follow.
    begun = tuple(set(re.findall(r"([a-z][\w-]*-)(?:{{|\$?{)", said)) | set(re.findall(r'([a-z][\w-]*-)" ~', said)))
    unused = []
    for name, text in sheets().items():
        selectors = re.sub(r"{[^{}]*}", "{}", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
        for one in sorted(set(re.findall(r"[.#]([a-zA-Z_][\w-]*)", selectors))):
            if one not in known and not one.startswith((*CLASSES_OF_LIBRARIES, *begun)):
                unused.append(f"{name}: {one}")
    assert not unused


def test_every_variable_of_the_styles_is_read():
    said = everything(templates(), python(), scripts())
    set_here = set(re.findall(r"(--[\w-]+)\s*:", everything(sheets())))
    read = set(re.findall(r"var\((--[\w-]+)", everything(sheets()) + said)) | set(re.findall(r"[\"'`](--[\w-]+)", said))
    assert not {one for one in set_here - read if not one.startswith(VARIABLES_OF_LIBRARIES)}
