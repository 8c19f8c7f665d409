# The interpreter that runs the tests. Trusted: the tests are the prompt's, the
# program is in another interpreter in another sandbox. A name that the tests
# do not define is the program's, and calling it asks over the link.
#
# Descriptors: 3 the link, 4 where the verdict goes, 5 the job.
import builtins
import types

# With the limits' and the wire's words in front. argv: the limits.


class ProgramError(Exception):
    """What the program raised, where Python has no exception of that name."""


class NotAValue(TypeError):
    """The tests asked a program's object what only values may be asked."""


error_classes = {}
local_functions = []
state = {"gone": "", "memory": False}


def error_class(names):
    """Python's own class of that name, or one of ours below the nearest."""
    for at, name in enumerate(names):
        own = getattr(builtins, str(name), None)
        if isinstance(own, type) and issubclass(own, Exception):
            if at == 0:
                return own
            base = own
            break
    else:
        base = ProgramError
    key = str(names[0]) if names else "ProgramError"
    if base is Exception:
        base = ProgramError
    if key not in error_classes:
        error_classes[key] = type(key, (base,), {})
    return error_classes[key]


def other_value(value):
    if isinstance(value, Remote):
        return {"h": value._handle}
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType)):
        local_functions.append(value)
        return {"f": len(local_functions) - 1}
    raise NotAValue("a test passes the program a %s" % type(value).__name__)


def other_json(value):
    if not isinstance(value.get("h"), int):
        raise Gone("a value that is none")
    if value.get("kind") == "exception":
        names = value.get("names")
        return error_class(names if isinstance(names, list) else [])
    return Remote(value["h"], value)


def ask(*message):
    """Sends a question, serves what the program asks back, gives the answer."""
    if state["gone"]:
        raise Gone(state["gone"])
    try:
        send(message)
        while True:
            reply = receive()
            if reply[0] == "call":
                function = local_functions[reply[1]]
                result = function(*decode(reply[2], other_json))
                send(["result", encode(result, other_value)])
                continue
            if reply[0] == "ok":
                return decode(reply[1], other_json), reply[2]
            if reply[0] == "raise":
                break
            raise Gone("an answer that is none")
        names, text = list(reply[1]), str(reply[2])
    except Gone as gone:
        state["gone"] = str(gone) or "gone"
        raise
    except (TypeError, IndexError, KeyError, AttributeError):
        state["gone"] = "an answer that is none"
        raise Gone(state["gone"]) from None
    if names[:1] == ["MemoryError"]:
        state["memory"] = True
    raise error_class(names)(text)


def put_back(target, value):
    if isinstance(target, (list, bytearray)):
        target[:] = value
    elif isinstance(target, (dict, set)):
        target.clear()
        target.update(value)


class Remote:
    """An object of the program's, asked over the link.

    What it may be asked depends on objects: where tests deal in values only,
    an object can be iterated and called and is equal to nothing. Arithmetic and
    order are between two of them only, so that no object of the program's is
    ever shown a value that a test expects of it and asked what it thinks.
    """

    def __init__(self, handle, traits):
        self.__dict__["_handle"] = handle
        self.__dict__["_traits"] = traits

    def _ask(self, what, *args):
        if not objects:
            raise NotAValue("the program's answer is no plain value")
        return ask(what, encode([self, *args], other_value))[0]

    def __call__(self, *args, **named):
        given = encode(list(args), other_value)
        result, changes = ask(
            "call", {"h": self._handle}, given, encode(named, other_value))
        for at, now in changes:
            put_back(args[at], decode(now, other_json))
        return result

    def __iter__(self):
        if not self._traits.get("iterates"):
            raise TypeError("the program's object cannot be iterated")
        iterator = ask("iter", [{"h": self._handle}])[0]
        if not isinstance(iterator, Remote):
            raise TypeError("iter() gave no iterator")
        while True:
            try:
                value = iterator.__next__()
            except StopIteration:
                return
            yield value

    def __next__(self):
        return ask("next", [{"h": self._handle}])[0]

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._ask("attr", name)

    def __setattr__(self, name, value):
        self._ask("set", name, value)

    def __instancecheck__(self, value):
        return (isinstance(value, Remote)
                and ask("isinstance",
                        [{"h": value._handle}, {"h": self._handle}])[0] is True)

    def __len__(self):
        return self._ask("len")

    def __bool__(self):
        return self._ask("bool")

    def __str__(self):
        return self._ask("str")

    def __repr__(self):
        return self._ask("repr")

    def __int__(self):
        return self._ask("int")

    def __float__(self):
        return self._ask("float")

    def __hash__(self):
        return self._ask("hash")

    def __getitem__(self, key):
        return self._ask("getitem", key)

    def __setitem__(self, key, value):
        self._ask("setitem", key, value)

    def __delitem__(self, key):
        self._ask("delitem", key)

    def _pair(self, what, value):
        if not isinstance(value, Remote):
            return NotImplemented
        return self._ask(what, value)

    def __eq__(self, value):
        return self._pair("eq", value)

    def __lt__(self, value):
        return self._pair("lt", value)

    def __le__(self, value):
        return self._pair("le", value)

    def __add__(self, value):
        return self._pair("add", value)

    def __sub__(self, value):
        return self._pair("sub", value)

    def __mul__(self, value):
        return self._pair("mul", value)

    def __truediv__(self, value):
        return self._pair("truediv", value)


class Solution(types.ModuleType):
    """The program as a module, for tests that import it."""

    def __getattr__(self, name):
        if name == "__all__":
            return ask("names")[0]
        if name.startswith("__"):
            raise AttributeError(name)
        return program_name(name)


def program_name(name):
    return ask("get", name)[0]


# Tests that were written to follow a program use what it has imported.
MODULES = ("bisect", "cmath", "collections", "copy", "functools", "heapq",
           "itertools", "math", "operator", "random", "re", "string", "sys")


class Names(dict):
    """The tests' names, and behind them the program's."""

    def __missing__(self, name):
        if name in MODULES and name != entry:
            return __import__(name)
        if name != entry and (hasattr(builtins, name) or name.startswith("__")):
            raise KeyError(name)
        try:
            return program_name(name)
        except AttributeError:
            raise KeyError(name) from None


class Raises:
    def __init__(self, expected, match=None):
        self.expected, self.match, self.value = expected, match, None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if kind is None:
            raise AssertionError("nothing was raised")
        if not issubclass(kind, self.expected):
            return False
        self.value = error
        if self.match is not None:
            import re

            assert re.search(self.match, str(error))
        return True


class Approx:
    def __init__(self, expected, rel=1e-6, abs=1e-12):
        self.expected, self.rel, self.abs = expected, rel, abs

    def near(self, a, b):
        if isinstance(b, (list, tuple)):
            return len(a) == len(b) and all(map(self.near, a, b))
        if isinstance(b, dict):
            return a.keys() == b.keys() and all(
                self.near(a[k], b[k]) for k in b)
        if type(a) not in (int, float, complex, bool):
            return a == b
        return a == b or abs(a - b) <= max(self.rel * abs(b), self.abs)

    def __eq__(self, value):
        return self.near(value, self.expected)


def parametrize(names, values, **_):
    names = [n.strip() for n in names.split(",")] if isinstance(
        names, str) else list(names)

    def mark(function):
        rows = [dict(zip(names, v if len(names) > 1 else (v,))) for v in values]
        before = getattr(function, "cases", [{}])
        function.cases = [{**a, **b} for a in before for b in rows]
        return function

    return mark


class Marks:
    parametrize = staticmethod(parametrize)

    def __getattr__(self, _):
        return lambda *given, **__: (
            given[0] if len(given) == 1 and callable(given[0]) else lambda f: f)


def pytest_words():
    """The few words of pytest that tests of functions use."""
    pytest = types.ModuleType("pytest")
    pytest.raises, pytest.approx, pytest.mark = Raises, Approx, Marks()
    return pytest


def test_cases(names):
    """Every test of the file, as functions without arguments, in its order."""
    out = []

    def add(function, call):
        for case in getattr(function, "cases", [{}]):
            out.append(lambda call=call, case=case: call(**case))

    def add_class(kind, method):
        def call(**case):
            own = kind(method) if hasattr(kind, "assertEqual") else kind()
            for first in ("setUp", "setup_method"):
                getattr(own, first, lambda: None)()
            getattr(own, method)(**case)

        add(getattr(kind, method), call)

    for name, value in list(names.items()):
        if isinstance(value, types.FunctionType) and name.startswith("test"):
            add(value, value)
        elif isinstance(value, type) and (
                name.startswith("Test") or hasattr(value, "assertEqual")):
            for method in dir(value):
                if method.startswith("test"):
                    add_class(value, method)
    return out


def run(job):
    """The verdict: tests passed, of how many, and what went wrong first."""
    passed, total, error, loaded = 0, 1, "", False
    try:
        ask("load")
        loaded = True
        names = Names(__name__="tests")
        code = compile(job["tests"], "tests", "exec")
        if "random" in job["tests"]:
            import random

            random.seed(0)  # the same verdict every time
        sys.modules["solution"] = Solution("solution")
        sys.modules["pytest"] = pytest_words()
        exec(code, names)
        cases = test_cases(names) if objects else [lambda: None]
        total = len(cases)
        for case in cases:
            try:
                case()
                passed += 0 if state["gone"] else 1
            except Exception as problem:
                error = error or describe(problem)
    except BaseException as problem:
        error = error or describe(problem)
    return {"passed": passed, "total": total, "loaded": loaded,
            "gone": bool(state["gone"]), "memory": state["memory"],
            "error": error}


def describe(problem):
    return (type(problem).__name__ + ": " + str(problem))[:200]


if __name__ == "__main__":
    set_limits(*[int(a) for a in sys.argv[1:]])
    os.write(4, b"1")
    job = json.loads(os.pread(5, 64 << 20, 0))
    os.close(5)
    # Whether tests may ask the program's objects, not only its functions.
    objects, entry = job["objects"], job["entry"]
    verdict = {**run(job), "secret": job["secret"]}
    os.write(4, json.dumps(verdict).encode())
    os._exit(0)
