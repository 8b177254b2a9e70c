"""The contracts of setup.cfg hold, and there is one way in."""

import ast
import functools
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*(ROOT / "goscrobble").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")])


@pytest.mark.timeout(120)
def test_no_layer_imports_what_is_above_it():
    lint = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or shutil.which("lint-imports")
    assert lint, "import-linter belongs to the development tools"
    done = subprocess.run(
        [lint, "--config", "setup.cfg", "--no-cache"],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}", "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@functools.cache
def parsed(path):
    return ast.parse(path.read_text("utf-8"))


def calls(path, names):
    """Each call in a file of a function with one of these names: the function it stands in, its arguments as text."""
    functions = (node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    for function in functions:
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if called in names:
                    target = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
                    yield function.name, target, [ast.unparse(argument) for argument in node.args]


SCROBBLES = {"_scrobble", "scrobble", "ScrobbleRow", "table(ScrobbleRow)", "ScrobbleRow.__table__"}


def test_one_function_inserts_scrobbles():
    inserting = [
        (path.relative_to(ROOT).as_posix(), function)
        for path in SOURCES
        for function, target, arguments in calls(path, {"insert", "upsert", "adding", "inserting"})
        if SCROBBLES & {target, *arguments}
    ]
    assert inserting == [("goscrobble/storage/scrobbles.py", "_inserting_plays")]
    statements = {"_inserting_plays", "_ADD_NEW", "_ADD_AGAIN"}
    users = {
        function.name
        for path in SOURCES
        for function in ast.walk(parsed(path))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id in statements
    }
    assert users == {"add_plays"}


def test_no_sql_text_inserts_scrobbles_either():
    for path in SOURCES:
        strings = (node.value for node in ast.walk(parsed(path)) if isinstance(node, ast.Constant))
        assert not [text for text in strings if isinstance(text, str) and "insert into scrobble" in text.lower()], path


def test_no_model_is_made_and_added_to_a_session():
    """The one other way into a table: `session.add(ScrobbleRow(…))`."""
    making = [(path.name, function) for path in SOURCES for function, *_ in calls(path, {"ScrobbleRow"})]
    assert making == []


def test_flask_sqlalchemy_stays_where_the_models_begin():
    users = [path.relative_to(ROOT).as_posix() for path in SOURCES if "flask_sqlalchemy" in path.read_text("utf-8")]
    assert users == ["goscrobble/models/base.py"]


def test_the_rules_of_listening_read_no_clock():
    for path in (ROOT / "goscrobble" / "domain").glob("*.py"):
        reads = [
            f"{target}.{name}" for name in ("now", "today", "time", "monotonic") for _, target, _ in calls(path, {name})
        ]
        assert not {"time.time", "datetime.now", "date.today", "time.monotonic", "datetime.today"} & set(reads), (
            path.name
        )
