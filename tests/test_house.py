"""The house rules that no linter knows: short files, and no circle of files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import lyricterm

PACKAGE = Path(lyricterm.__file__).parent
LONGEST = 350


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def _imports(node: ast.AST, modules: set[str]) -> Iterator[str]:
    """Modules of the program that a file imports, inside functions too; not those for type checking only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.ImportFrom) and child.module:
            named = {f"{child.module}.{alias.name}" for alias in child.names}
            yield from named & modules or {child.module} & modules
        elif isinstance(child, ast.Import):
            yield from {alias.name for alias in child.names} & modules
        yield from _imports(child, modules)


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of at least two nodes of which each can be reached from each (Tarjan 1972)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = lowest[node] = len(order)
        stack.append(node)
        for other in graph[node]:
            if other not in order:
                visit(other)
                lowest[node] = min(lowest[node], lowest[other])
            elif other in stack:
                lowest[node] = min(lowest[node], order[other])
        if lowest[node] == order[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in graph:
        if node not in order:
            visit(node)
    return found


def test_a_circle_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"a"}}
    assert circles(graph) == [["a", "b", "c"]]


def test_no_circle_of_files() -> None:
    modules = set(FILES)
    graph = {
        name: set(_imports(ast.parse(path.read_text(encoding="utf-8")), modules)) - {name}
        for name, path in FILES.items()
    }
    assert sum(map(len, graph.values())) > len(FILES)
    assert circles(graph) == []


def test_no_long_file() -> None:
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in FILES.items()}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_every_file_says_what_it_is_for() -> None:
    assert [name for name, path in FILES.items() if not ast.get_docstring(ast.parse(path.read_text("utf-8")))] == []


def test_contributing_names_files_that_are_there() -> None:
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+(?:/[a-z_]+)*/(?:[a-z_]+\.py)?)`", text))
    assert "engine/trainer.py" in named
    missing = {name for name in named if not ((PACKAGE.parent / name).exists() or (PACKAGE / name).exists())}
    assert missing == set()


def test_contributing_has_every_room() -> None:
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms == set(re.findall(r"^\| `lyricterm/([a-z]+)/`", text, re.MULTILINE))


def test_to_add_something_takes_at_most_three_files() -> None:
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("## To add something")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| a")]
    assert len(rows) > 9
    for _, what, touched, _tests, _ in rows:
        assert touched.count(".py") + touched.count("/`") <= 3, what


def test_no_class_or_type_has_the_name_of_another() -> None:
    named: dict[str, list[str]] = {}
    for module, path in FILES.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                named.setdefault(node.name, []).append(module)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript | ast.BinOp):
                names = [target.id for target in node.targets if isinstance(target, ast.Name)]
                for name in names:
                    if re.fullmatch("[A-Z][a-z]+(?:[A-Z][a-z]+)*", name):
                        named.setdefault(name, []).append(module)
    assert len(named) > 300
    assert {name: modules for name, modules in named.items() if len(modules) > 1} == {}
