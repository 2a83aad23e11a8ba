"""The floors of the package: a module imports from its own floor or a lower one."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "src" / "bylaw"
FLOORS = ["errors", "watch", "files", "tables", "policy", "records", "engine", "explain", "analysis"]
FLOORS += ["report", "cli"]
TOP = {"pytest_plugin"}
MODULES = sorted(ROOT.rglob("*.py"))


def floor_of(module: Path) -> int:
    first = module.relative_to(ROOT).parts[0].removesuffix(".py")
    return len(FLOORS) if first in TOP or first == "__init__" else FLOORS.index(first)


def imported(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(ROOT)))
def test_a_module_imports_only_downwards(module):
    own = floor_of(module)
    for name in imported(module):
        parts = name.split(".")
        if parts[0] == "bylaw" and len(parts) > 1 and parts[1] in FLOORS:
            assert FLOORS.index(parts[1]) <= own, f"{module.name} imports {name} from a floor above"


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(ROOT)))
def test_only_engine_and_explain_import_clingo(module):
    used = {name for name in imported(module) if name.split(".")[0] == "clingo"}
    where = module.relative_to(ROOT).as_posix()
    if where.startswith(("engine/", "explain/")):
        return
    if where in ("policy/encoding.py", "policy/syntax.py"):
        assert all(name == "clingo" or name.startswith("clingo.ast") for name in used)
        return
    if where == "policy/grounder.py":
        return
    assert not used, f"{where} imports clingo"


def test_no_module_is_imported_in_a_circle():
    graph: dict[str, set[str]] = {}
    names = {"bylaw." + ".".join(m.relative_to(ROOT).with_suffix("").parts): m for m in MODULES}
    for name, module in names.items():
        graph[name] = {other for other in imported(module) if other in names and other != name}
    done: set[str] = set()
    path: list[str] = []

    def visit(name: str) -> None:
        assert name not in path, "circle: " + " -> ".join([*path[path.index(name) :], name])
        if name in done:
            return
        path.append(name)
        for other in sorted(graph[name]):
            visit(other)
        path.pop()
        done.add(name)

    for name in graph:
        visit(name)


def test_every_module_says_its_purpose_in_its_first_line():
    for module in MODULES:
        docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))
        if module.name == "__init__.py" and not module.read_text(encoding="utf-8").strip():
            continue
        assert docstring, f"{module} has no docstring"
        assert docstring.splitlines()[0].endswith("."), f"{module}: the first line is a sentence"
