# The interpreter that runs the program. Nothing here is trusted once the
# program is loaded: it has no test, no expected value, no secret and no
# channel but the link, on which it can only answer what the judge asks.
#
# Descriptors: 3 the link, 4 where one byte says that it started, 5 the program.
import operator
import types

# With the limits' and the wire's words in front. argv: the limits.


def other_value(value):
    """What is no plain value stays here; the judge gets its number."""
    handles.append(value)
    kind = "object"
    if isinstance(value, type):
        kind = "exception" if issubclass(value, BaseException) else "class"
    names = [c.__name__ for c in value.__mro__] if kind == "exception" else []
    return {"h": len(handles) - 1, "kind": kind, "names": names,
            "iterates": hasattr(type(value), "__iter__"),
            "calls": callable(value)}


def other_json(value):
    if "h" in value:
        return handles[value["h"]]
    number = value["f"]
    return lambda *args: ask_back(number, args)


def ask_back(number, args):
    send(["call", number, encode(list(args), other_value)])
    while True:
        message = receive()
        if message[0] == "result":
            return decode(message[1], other_json)
        answer(message)


def changed(before, values):
    """Arguments that the call changed in place, by position."""
    out = []
    for at, value in enumerate(values):
        if isinstance(value, (list, dict, set, bytearray)):
            now = encode(value, other_value)
            if now != before[at]:
                out.append([at, now])
    return out


OPERATIONS = {
    "len": len, "iter": iter, "next": next, "str": str, "repr": repr,
    "bool": bool, "hash": hash, "int": int, "float": float, "abs": abs,
    "isinstance": isinstance, "attr": getattr, "set": setattr, "dir": dir,
    "getitem": operator.getitem, "setitem": operator.setitem,
    "delitem": operator.delitem, "eq": operator.eq, "lt": operator.lt,
    "le": operator.le, "add": operator.add, "sub": operator.sub,
    "mul": operator.mul, "truediv": operator.truediv, "neg": operator.neg,
}


def perform(message):
    what = message[0]
    if what == "load":
        exec(compile(source, "program", "exec"), module.__dict__)
        return None, []
    if what == "get":
        return getattr(module, message[1]), []
    if what == "names":
        return [n for n in vars(module) if not n.startswith("_")], []
    if what == "call":
        target = decode(message[1], other_json)
        args = decode(message[2], other_json)
        named = decode(message[3], other_json)
        result = target(*args, **named)
        return result, changed(message[2], args)
    return OPERATIONS[what](*decode(message[1], other_json)), []


def answer(message):
    try:
        result, changes = perform(message)
        reply = ["ok", encode(result, other_value), changes]
    except Gone:
        raise
    except BaseException as error:
        names = [c.__name__ for c in type(error).__mro__]
        reply = ["raise", names, str(error)[:300]]
    try:
        send(reply)
    except ValueError as error:
        send(["raise", ["ValueError"], str(error)])


if __name__ == "__main__":
    set_limits(*[int(a) for a in sys.argv[1:]])
    os.write(4, b"1")
    os.close(4)
    source = os.pread(5, 64 << 20, 0)
    os.close(5)
    handles = []
    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    sys.argv = ["program"]
    try:
        while True:
            answer(receive())
    except Gone:
        os._exit(0)
