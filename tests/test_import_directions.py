"""The rooms of the house: who may import whom, as docs/architecture.md draws it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "store": set(),
    "collectors": {"store"},
    "analysis": {"store"},
    "reports": {"analysis", "store"},
    "layoffs": {"reports", "analysis", "collectors", "store"},
}


def imports_of(path: Path) -> set[str]:
    """Dotted names that a module imports, `from a import b` as "a"."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full"
            found.add(node.module)
    return found


def ours(package: str) -> list[tuple[Path, str]]:
    return [
        (path.relative_to(ROOT), name)
        for path in sorted((ROOT / package).rglob("*.py"))
        for name in sorted(imports_of(path))
        if name.split(".")[0] in ALLOWED
    ]


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_point_one_way(package):
    found = ours(package)
    wrong = [(path, name) for path, name in found if name.split(".")[0] not in ALLOWED[package] | {package}]
    assert found
    assert wrong == []


@pytest.mark.parametrize("package", ALLOWED)
def test_other_packages_are_used_through_their_public_names(package):
    past_the_door = [(path, name) for path, name in ours(package) if "." in name and name.split(".")[0] != package]
    assert past_the_door == []


def test_the_architecture_page_draws_the_same_arrows():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = {package: set() for package in ALLOWED}
    for importer, imported in re.findall(r"^\s*(\w+) --> (\w+)\s*$", page, re.MULTILINE):
        drawn[importer].add(imported)
    assert drawn == ALLOWED


def test_every_package_is_installed():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(ALLOWED)
