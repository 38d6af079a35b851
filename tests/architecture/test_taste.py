"""What the product's code does not do, each for a reason given beside its rule."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

import pytest
from support.source import ROOT, Module, modules, project_files

CATCH_ALL = {"tasks.py", "io_thread.py", "app.py", "ui/error_presenter.py"}
TALKERS = ("cli.py", "cli/", "__main__.py")
CLOCKS = (
    "clock.py",
    "tasks.py",
    "secrets/locks.py",  # a thread waits for another process: no injected clock can hurry that
)
TIME_EXCEPTIONS = {
    ("paths.py", "time.sleep"),  # Windows: another process holds the file for milliseconds
    ("db/driver.py", "time.sleep"),  # another program makes the same file: for milliseconds, too
    ("db/driver.py", "time.monotonic"),
}
TEXT_FACTORY = "ui/text.py"
LONGEST_MODULE = 400


def places(found: Iterable[tuple[Module, ast.AST]]) -> list[str]:
    return [module.place(node) for module, node in found]


def calls(*folders: str, but: Iterable[str] = ()) -> Iterator[tuple[Module, ast.Call, str]]:
    but = tuple(but)
    for module in modules(*folders):
        if not module.inside.startswith(but):
            for node, name in module.calls():
                yield module, node, name


# -- Qt -------------------------------------------------------------------------------------------
def test_no_dialog_blocks() -> None:
    """``exec()`` inside a coroutine stops other tasks for good; ``ask()`` uses ``open()``."""
    static = re.compile(
        r"\b(QMessageBox\.(question|warning|information|critical|about\w*)"
        r"|QFileDialog\.get\w+|QInputDialog\.get\w+|QColorDialog\.get\w+|QFontDialog\.get\w+)$"
    )
    found = [
        (module, node)
        for module, node, name in calls("ui", "app.py")
        if name.endswith((".exec", ".exec_")) or static.search(name)
    ]
    assert not places(found)


def test_text_reaches_the_screen_through_one_module() -> None:
    """Qt guesses that text is HTML, so a broker's text could bring markup into a window."""
    found = []
    for module, node, name in calls("ui", "app.py", but=[TEXT_FACTORY]):
        last = name.split(".")[-1]
        bare_tip = last in {"setToolTip", "setWhatsThis"} and not _made_plain(node.args[0])
        if bare_tip or last in {"QLabel", "QMessageBox", "QErrorMessage"}:
            found.append((module, node))
    assert not places(found)


def _made_plain(node: ast.expr) -> bool:
    """A constant of ours, or a text that went through ``tooltip()``."""
    return isinstance(node, ast.Constant) or ast.unparse(node).startswith(("tooltip(", "plain."))


def test_no_event_loop_turns_inside_another() -> None:
    found = [
        (module, node)
        for module, node, name in calls("ui", "services")
        if name.endswith(".processEvents") or name.split(".")[-1] == "QEventLoop"
    ]
    assert not places(found)


def test_widgets_have_no_coroutines() -> None:
    """A widget's signal calls a view-model, which spawns a supervised task."""
    found = [
        (module, node)
        for module in modules("ui/views", "ui/widgets", "ui/shell")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.AsyncFunctionDef)
    ]
    assert not places(found)


# -- tasks and failures ---------------------------------------------------------------------------
def test_tasks_are_made_by_the_supervisor_only() -> None:
    """A bare task loses its exception. Task groups keep theirs and are fine."""
    found = []
    for module in modules():
        if module.inside == "tasks.py":
            continue
        groups = {
            item.optional_vars.id
            for node in ast.walk(module.tree)
            if isinstance(node, ast.AsyncWith)
            for item in node.items
            if isinstance(item.optional_vars, ast.Name)
            and ast.unparse(item.context_expr).endswith("TaskGroup()")
        }
        for node, name in module.calls():
            receiver, _, method = name.rpartition(".")
            if method in {"create_task", "ensure_future"} and receiver not in groups:
                found.append((module, node))
    assert not places(found)


def test_only_borders_catch_everything() -> None:
    """Anything unknown is a bug and must reach its reporter. Tidying up and re-raising is fine."""
    wide = {"Exception", "BaseException"}
    found: list[tuple[Module, ast.AST]] = []
    for module in modules():
        if module.inside in CATCH_ALL:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler):
                names = {"BaseException"} if node.type is None else _names(node.type)
                last = node.body[-1]
                raises_on = isinstance(last, ast.Raise) and last.exc is None
                if names & wide and not raises_on:
                    found.append((module, node))
            elif (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).endswith("suppress")
                and any(_names(each) & wide for each in node.args)
            ):
                found.append((module, node))
    assert not places(found)


def _names(node: ast.expr) -> set[str]:
    elements = node.elts if isinstance(node, ast.Tuple) else [node]
    return {ast.unparse(each).rpartition(".")[2] for each in elements}


# -- money ----------------------------------------------------------------------------------------
NOT_MONEY = re.compile(
    r"second|timeout|delay|monotonic|backoff|jitter|deadline|elapsed|retry_after|pause|interval"
    r"|age\b|skew|due\b|started|wait|slept|_at\b|_limit\b|clock"  # durations
    r"|columns|pixel",  # what a chart draws
    re.IGNORECASE,
)


NO_MONEY = {"services/pacing.py", "services/scheduling.py"}  # when, never how much


def _uses_float(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id == "float"
    return isinstance(node, ast.Constant) and isinstance(node.value, float)


def _float_uses(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Every use of float with the name that it is about (the target, argument or function)."""

    def walk(node: ast.AST, about: str) -> Iterator[tuple[ast.AST, str]]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            about = node.name
        elif isinstance(node, ast.arg | ast.keyword):
            about = f"{about} {node.arg}"
        elif isinstance(node, ast.AnnAssign):
            about = f"{about} {ast.unparse(node.target)}"
        elif isinstance(node, ast.Assign | ast.Return | ast.Expr | ast.Compare):
            about = f"{about} {ast.unparse(node)}"
        if _uses_float(node):
            yield node, about
        for child in ast.iter_child_nodes(node):
            yield from walk(child, about)

    yield from walk(tree, "")


def _money_modules() -> list[tuple[Module, bool]]:
    """Modules where money passes, and whether durations may be floats there."""
    wire = [
        (module, False)
        for module in modules("brokers")
        if module.path.name in {"mapping.py", "wire.py"}
    ]
    strict = [(module, False) for module in modules("domain")]
    return [*wire, *strict, *((module, True) for module in modules("db", "services"))]


def test_money_never_passes_through_float() -> None:
    found = [
        (module, node)
        for module, durations in _money_modules()
        if module.inside not in NO_MONEY
        for node, about in _float_uses(module.tree)
        if not (durations and NOT_MONEY.search(about))
    ]
    assert not places(found)


@pytest.mark.parametrize(
    ("code", "caught"),
    [
        ("def price(x): return float(x)", True),
        ("amount: float = 0", True),
        ("total = 1.5", True),
        ("def delay_seconds(x: float): pass", False),
        ("timeout = 5.0", False),
        ("def f(timeout: float, price: float): pass", True),
    ],
)
def test_the_float_rule_sees(code: str, caught: bool) -> None:
    uses = [about for _, about in _float_uses(ast.parse(code)) if not NOT_MONEY.search(about)]
    assert bool(uses) is caught


# -- safety ---------------------------------------------------------------------------------------
def test_no_switch_that_weakens_tls_or_follows_redirects() -> None:
    unsafe = {("verify", False), ("follow_redirects", True), ("shell", True), ("ssl", False)}
    found = [
        (module, keyword.value)
        for module, node, _ in calls()
        for keyword in node.keywords
        if isinstance(keyword.value, ast.Constant) and (keyword.arg, keyword.value.value) in unsafe
    ]
    assert not places(found)


def test_no_data_is_run() -> None:
    found = [
        (module, node)
        for module, node, name in calls()
        if name in {"eval", "exec", "compile", "__import__"}
    ]
    banned = {"pickle", "marshal", "shelve", "dill"}
    importers = [
        f"{module.relative}:{each.line}"
        for module in modules()
        for each in module.imports
        if each.name.split(".")[0] in banned
    ]
    assert not places(found)
    assert not importers


# -- time and talk --------------------------------------------------------------------------------
def test_time_comes_from_the_clock() -> None:
    """Who reads the computer's clock or sleeps cannot be tested without waiting."""
    banned = re.compile(
        r"(datetime\.(now|utcnow|today)|date\.today"
        r"|time\.(time|time_ns|monotonic|monotonic_ns|sleep)|asyncio\.sleep)$"
    )
    found = []
    for module, node, name in calls(but=CLOCKS):
        yields = name == "asyncio.sleep" and node.args and ast.unparse(node.args[0]) == "0"
        if banned.search(name) and not yields and (module.inside, name) not in TIME_EXCEPTIONS:
            found.append((module, node))
    assert not places(found)


def test_only_the_command_line_prints() -> None:
    found = [(module, node) for module, node, name in calls(but=TALKERS) if name == "print"]
    assert not places(found)


# -- files ----------------------------------------------------------------------------------------
def test_every_module_says_why_it_exists() -> None:
    assert not [module for module in modules() if not ast.get_docstring(module.tree)]


def test_long_modules_give_their_reason() -> None:
    long = [
        f"{module.relative}: {len(module.text.splitlines())} lines"
        for module in modules()
        if len(module.text.splitlines()) > LONGEST_MODULE
        and "Long because" not in (ast.get_docstring(module.tree) or "")
    ]
    assert not long


def test_no_file_names_a_developers_computer() -> None:
    words = ["/" + "work/", "sha" + "red/", "/home" + "/", "/ro" + "ot/", "/opt/" + "py"]
    pattern = re.compile("|".join(rf"(?<![\w.]){re.escape(word)}" for word in words))
    naming = []
    files = project_files()
    assert len(files) > 100
    for path in files:
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        naming += [
            f"{path.relative_to(ROOT)}:{number}"
            for number, line in enumerate(text.splitlines(), 1)
            if pattern.search(line)
        ]
    assert not naming
