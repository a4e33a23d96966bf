"""What a field of an answer may be. A shape is a plain value (exactly that), a dict (an
object with at least these fields), or one of the kinds below; faults() says what does not fit.
Fields beside those named are no fault: clients ignore what they do not know."""

import re

MOMENT = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?\+00:00$"  # CONTRACT 1.1
STREAM_ID = r"^\d+-\d+$"


class Kind:
    """`holds` and `again`: shapes in it, and the same kind with others in their place."""

    def __init__(self, words, fits, inside=None, holds=None, again=None):
        self.words = words
        self.fits = fits
        self.inside = inside  # faults of what is in it
        self.holds = holds
        self.again = again

    def __repr__(self):
        return self.words


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


text = Kind("a text", lambda v: isinstance(v, str))
said = Kind("a text that is not empty", lambda v: isinstance(v, str) and v != "")
whole = Kind("a whole number", lambda v: isinstance(v, int) and not isinstance(v, bool))
count = Kind("a count", lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= 0)
real = Kind("a number", number)
flag = Kind("true or false", lambda v: isinstance(v, bool))
obj = Kind("an object", lambda v: isinstance(v, dict))
anything = Kind("anything", lambda v: True)


def like(pattern):
    return Kind(f"like {pattern}", lambda v: isinstance(v, str) and re.search(pattern, v))


moment = like(MOMENT)
stream_id = like(STREAM_ID)


def maybe(shape):
    return Kind(f"{shape} or null", lambda v: True,
                lambda v, at: [] if v is None else faults(shape, v, at), shape, maybe)


def either(*values):
    return Kind(f"one of {values}", lambda v: v in values)


def each(shape, least=0):
    def inside(value, at):
        if len(value) < least:
            return [f"{at}: {len(value)} items, not {least}"]
        return [f for i, item in enumerate(value) for f in faults(shape, item, f"{at}[{i}]")]
    return Kind(f"a list of {shape}", lambda v: isinstance(v, list), inside, shape,
                lambda other: each(other, least))


def has(shape, item):
    """A list of this shape in which something is like item."""
    def inside(value, at):
        found = faults(shape, value, at)
        if not found and not any(not faults(item, one, at) for one in value):
            found = [f"{at}: nothing in it is {item}"]
        return found
    return Kind(f"a list with {item}", lambda v: isinstance(v, list), inside, (shape, item),
                lambda both: has(*both))


def without(item):
    """A list in which nothing is like item."""
    return Kind(f"a list without {item}", lambda v: isinstance(v, list),
                lambda v, at: [f"{at}: {one} is in it" for one in v if not faults(item, one, at)],
                item, without)


def faults(shape, value, at="answer"):
    if isinstance(shape, Kind):
        if not shape.fits(value):
            return [f"{at}: {value!r:.120} is not {shape}"]
        return shape.inside(value, at) if shape.inside else []
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{at}: {value!r:.120} is no object"]
        found = []
        for name, part in shape.items():
            if name not in value:
                found.append(f"{at}.{name} is missing")
            else:
                found += faults(part, value[name], f"{at}.{name}")
        return found
    same = type(shape) is type(value) and shape == value
    return [] if same else [f"{at}: {value!r:.120} is not {shape!r:.120}"]


def refusal(code, detail=said):
    """An error of ours (CONTRACT 1.1), with the code that clients branch on."""
    return {"detail": detail, "code": code}


def invalid(*loc):
    """A 422 in the shape of FastAPI; loc is where, as in ("body", "message"). `input` is not
    said back: it may be a secret (13.20)."""
    return {"code": "validation_failed",
            "detail": has(each({"type": said, "loc": Kind("a place", lambda v: isinstance(v, list)),
                                "msg": said}, 1), {"loc": list(loc)} if loc else {})}
