"""Programs that pass public tests by looking every question up.

They show that the sandbox carries what the tests ask and compare, whoever wrote the program: a test that
such a program fails could not be passed by any.
"""
import ast
import builtins
import copy
import math


class _Asked(Exception):
    pass


def _value(node, scope):
    return eval(compile(ast.Expression(node), "", "eval"), scope)


def _functions(module, scope):
    """The names that the tests call and nobody but the program can define."""
    called = {node.func.id for node in ast.walk(module)
              if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    known = set(dir(builtins)) | set(scope) | {"check"}
    known |= {node.name for node in ast.walk(module) if isinstance(node, ast.FunctionDef)}
    return called - known


def _calls(node, names):
    return [part for part in ast.walk(node)
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in names]


def _guesses(test, names, scope):
    """What the one call in `test` may have to return: whatever else stands there, and what becomes equal to it."""
    out = []
    for node in ast.walk(test):
        if not isinstance(node, ast.expr) or _calls(node, names):
            continue
        try:
            value = _value(node, scope)
        except Exception:
            continue
        out.append(value)
        for kind in (list, tuple, set, sorted):
            try:
                out.append(kind(value))
            except TypeError:
                pass
    return [*out, True, False, None]


def _question(test, names, scope):
    asked = []

    def ask(*args):
        asked.append(repr(args))
        raise _Asked
    try:
        _value(test, scope | dict.fromkeys(names, ask))
    except Exception:
        pass
    return asked[0] if asked else None


def _holds(test, names, scope, answer):
    try:
        return bool(_value(test, scope | dict.fromkeys(names, lambda *args: copy.deepcopy(answer))))
    except Exception:
        return False


def _survives(text):
    try:
        eval(text, {"inf": math.inf, "nan": math.nan})
        return True
    except Exception:
        return False


def lookup_program(tests, entry):
    """The program's text. ValueError where the tests are more than asserts of one call each."""
    module = ast.parse(tests)
    scope = {"math": math}
    for statement in module.body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            exec(compile(ast.Module([statement], []), "", "exec"), scope)
    names = _functions(module, scope) | {entry, "candidate"}
    check = next(f for f in module.body if isinstance(f, ast.FunctionDef) and f.name == "check")
    table = []
    for statement in check.body:
        if not isinstance(statement, ast.Assert) or len(_calls(statement.test, names)) != 1:
            raise ValueError(f"not an assert of one call: {ast.unparse(statement)}")
        question = _question(statement.test, names, scope)
        answer = next((guess for guess in _guesses(statement.test, names, scope)
                       if _survives(repr(guess)) and _holds(statement.test, names, scope, guess)), _Asked)
        if question is None or not _survives(question) or answer is _Asked:
            raise ValueError(f"no answer is known: {ast.unparse(statement)}")
        table.append(f"    ({question}, {answer!r}),")
    defined = sorted((names - {"candidate"}))
    return "\n".join(["from math import inf, nan", "TABLE = [", *table, "]",
                      "def look_up(*args):",
                      "    return next(answer for question, answer in TABLE if question == args)",
                      *(f"def {name}(*args):\n    return look_up(*args)" for name in defined), ""])
