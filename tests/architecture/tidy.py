"""The rules of STYLE.md that no linter knows: functions from a syntax tree to complaints.

Each takes a module and yields (line, what to do instead), so that test_contracts.py can
plant a violation in a few words and see it caught.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

Complaint = tuple[int, str]
Rule = Callable[[ast.Module], Iterator[Complaint]]

FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTION_LINES = 50
FILE_LINES = 400
TASK_STATEMENTS = 5

HOMELESS = re.compile(r"^(utils?|helpers?|common|misc|lib|core|shared|stuff)$")
PHRASES = {
    r"\b(TODO|FIXME|XXX)\b(?!.*(#|issue )\d+)": "name the issue: `TODO(#12): …`",
    r"/(home|Users|root)/\w": "a path of one machine; derive it from the file's own place",
    r"(?i)\bhelpers?\b": "say what it does",
    r"(?i)(?<!user[-_ ])\bagents?\b": "say user, engine, worker or client",
    r"(?i)\bmutex\b": "say lock",
    r"(?i)\bcoins? freez": "a user is frozen, money is held",
    r"(?i)\bcustomer_id\b": "say user_id, or owner_id for a ledger account",
    r"(?i)\bplease\b": "say it plainly",
}


# Money ----------------------------------------------------------------------------------


def inexact_numbers(module: ast.Module) -> Iterator[Complaint]:
    """Floats, Decimals and true division."""
    for node in ast.walk(module):
        match node:
            case ast.Constant(value=float()):
                yield (
                    node.lineno,
                    "a float literal; count in atoms, ticks or lots (ADR 0001)",
                )
            case ast.Name(id="float"):
                yield node.lineno, "float; count in atoms, ticks or lots (ADR 0001)"
            case ast.Name(id="Decimal") | ast.Attribute(attr="Decimal"):
                yield node.lineno, "Decimal; use kernel.decimals at the edge (ADR 0001)"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield (
                    node.lineno,
                    "`/` makes a float; use `//` or divmod and say who keeps the rest",
                )


def written_balances(module: ast.Module) -> Iterator[Complaint]:
    """Assignments to a balance; the database moves balances."""
    advice = "a balance changes only by a transfer: ledger.services.post_entry (ADR 0003)"
    for node in ast.walk(module):
        match node:
            case ast.Assign(targets=targets):
                written = targets
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
                written = [target]
            case ast.Call(func=ast.Attribute(attr="update"), keywords=keywords):
                if any(keyword.arg == "balance" for keyword in keywords):
                    yield node.lineno, advice
                continue
            case ast.Constant(value=str(sql)) if re.search(r"(?i)\bset\s+balance\b", sql):
                yield node.lineno, advice
                continue
            case _:
                continue
        if any(isinstance(it, ast.Attribute) and it.attr == "balance" for it in written):
            yield node.lineno, advice


def private_locks(module: ast.Module) -> Iterator[Complaint]:
    """Locks of ledger accounts outside the one function that knows their order."""
    for node in ast.walk(module):
        match node:
            case ast.Constant(value=str(sql)) if "ledger_account" in sql:
                if re.search(r"(?i)\bfor\s+(no\s+key\s+)?update\b", sql):
                    yield node.lineno, "lock accounts with ledger.locks.lock_accounts"
            case ast.Call(func=ast.Attribute(attr="select_for_update", value=value)):
                if ast.unparse(value).startswith("Account.objects"):
                    yield node.lineno, "lock accounts with ledger.locks.lock_accounts"


# Rooms ----------------------------------------------------------------------------------


def careless_services(module: ast.Module) -> Iterator[Complaint]:
    """Public functions of services.py that are not keyword-only, annotated, documented."""
    for node in public_functions(module):
        if node.args.args or node.args.posonlyargs or node.args.vararg:
            yield (
                node.lineno,
                f"{node.name}: put a `*` first, so that call sites can be read",
            )
        arguments = [*node.args.kwonlyargs, *node.args.args]
        if node.returns is None or any(it.annotation is None for it in arguments):
            yield node.lineno, f"{node.name}: annotate every argument and the result"
        if not ast.get_docstring(node):
            yield (
                node.lineno,
                f"{node.name}: say what it will do, its units and what it raises",
            )


def thick_tasks(module: ast.Module) -> Iterator[Complaint]:
    """Functions of tasks.py with logic in them."""
    for node in functions(module):
        body = node.body[1:] if ast.get_docstring(node) else node.body
        if sum(isinstance(it, ast.stmt) for it in descendants(body)) > TASK_STATEMENTS:
            yield node.lineno, f"{node.name}: move it to services; a task is one call"


def thick_interfaces(module: ast.Module) -> Iterator[Complaint]:
    """Queries and transactions in api, views, consumers and tasks."""
    for node in ast.walk(module):
        match node:
            case ast.Attribute(attr="objects"):
                yield node.lineno, "a query; call a selector that is scoped by owner"
            case ast.Attribute(attr="atomic" | "cursor", value=ast.Name(id=name)):
                if name in ("transaction", "connection"):
                    yield node.lineno, "a transaction; call one service, which has its own"
            case ast.Call(func=ast.Attribute(attr="save" | "delete"), args=[], keywords=[]):
                yield node.lineno, "a write; call a service"


def clock_readers(module: ast.Module) -> Iterator[Complaint]:
    """Imports of the clock below the interfaces."""
    for node in ast.walk(module):
        match node:
            case ast.ImportFrom(module="kernel", names=names):
                if any(name.name == "clock" for name in names):
                    yield (
                        node.lineno,
                        "take `now` as an argument; interfaces read the clock",
                    )
            case ast.ImportFrom(module="kernel.clock"):
                yield node.lineno, "take `now` as an argument; interfaces read the clock"


def busy_models(module: ast.Module) -> Iterator[Complaint]:
    """Work in save() or delete()."""
    for node in functions(module):
        if node.name in ("save", "delete", "clean"):
            yield (
                node.lineno,
                f"{node.name}() works in silence; write a service with a verb",
            )


def model_signals(module: ast.Module) -> Iterator[Complaint]:
    """Django's model signals and receivers."""
    for node in ast.walk(module):
        match node:
            case ast.ImportFrom(module="django.db.models.signals"):
                yield (
                    node.lineno,
                    "call the service, or ring a bell after commit (ADR 0006)",
                )
            case ast.ImportFrom(module="django.dispatch", names=names):
                if any(name.name == "receiver" for name in names):
                    yield node.lineno, "connect a bell in the app's apps.py (ADR 0006)"


def own_code_mocked(module: ast.Module) -> Iterator[Complaint]:
    """Mocks in tests."""
    for node in ast.walk(module):
        match node:
            case ast.ImportFrom(module="unittest.mock") | ast.ImportFrom(module="unittest"):
                yield node.lineno, "use the real thing; PostgreSQL and Redis are there"
            case ast.arg(arg="mocker"):
                yield node.lineno, "use the real thing; PostgreSQL and Redis are there"


# Form -----------------------------------------------------------------------------------


def long_functions(module: ast.Module) -> Iterator[Complaint]:
    """Functions of more than FUNCTION_LINES, named in the complaint."""
    for node in functions(module):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > FUNCTION_LINES:
            yield (
                node.lineno,
                f"{node.name} has {lines} lines; {FUNCTION_LINES} are allowed",
            )


def banned_phrases(text: str) -> Iterator[Complaint]:
    """Words that have a better one in this house."""
    for number, line in enumerate(text.splitlines(), start=1):
        for phrase, advice in PHRASES.items():
            if found := re.search(phrase, line):
                yield number, f"“{found[0]}”: {advice}"


def homeless_names(path: Path) -> Iterator[Complaint]:
    """Modules and folders that are named after nothing."""
    for part in (*path.parts[:-1], path.stem):
        if HOMELESS.match(part):
            yield 1, f"`{part}` says nothing; name the file after what it holds"


# Reading --------------------------------------------------------------------------------


def functions(module: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(module) if isinstance(node, FUNCTION))


def public_functions(
    module: ast.Module,
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """At the top of the module, without an underscore."""
    for node in module.body:
        if isinstance(node, FUNCTION) and not node.name.startswith("_"):
            yield node


def function_at(module: ast.Module, line: int) -> str:
    """The name of the innermost function around a line; empty outside of all."""
    around = [it for it in functions(module) if it.lineno <= line <= (it.end_lineno or 0)]
    return max(around, key=lambda it: it.lineno).name if around else ""


def descendants(body: list[ast.stmt]) -> Iterator[ast.AST]:
    return (node for statement in body for node in ast.walk(statement))
