"""The form of a case. The tables (v2.py, chat.py, scale.py) are lists of endpoints, each with its
cases: what is asked, and what CONTRACT.md says that the answer is.

A text that begins with "$" names a thing (things.py): "$completed" is a run that has ended well,
"$new.paused" one that nobody else uses, "$answer.run_id" a field of the case's own answer, for looks.
"""

from dataclasses import dataclass, field
from typing import Any

ALL = ("standalone", "scale", "replicas")
NONE = object()


@dataclass
class Look:
    """What must be true behind a case; `wait`: sooner or later."""

    path: str
    fields: Any
    wait: bool = True
    key: str = "owner"


@dataclass
class Case:
    name: str
    status: int = 200
    fields: Any = None
    says: str = ""  # instead of fields: a pattern of a body that is no JSON
    at: dict = field(default_factory=dict)  # the names in the endpoint's path
    query: str = ""
    body: Any = NONE  # JSON; bytes go as they are
    key: str = "owner"  # owner: any tenant; acme, rival: their own; none; or a key's text
    headers: dict = field(default_factory=dict)
    sends: dict = field(default_factory=dict)  # headers: a text, a pattern of shapes, None: absent
    then: tuple = ()
    # Where we are not as stock is, on purpose: the weakness of CONTRACT 13 (or its BUG, D≠C).
    differs: str = ""
    # In standalone mode: False: it does not exist there; a text: the branch that it waits for;
    # a dict: what is different.
    standalone: Any = True
    on: tuple = ALL
    method: str = ""  # another than the endpoint's
    single: bool = False  # it changes what other cases see: by itself, at the end
    keyed: bool = True  # a POST of a run carries an Idempotency-Key where servers die
    before: Any = None  # a function of the world, to be called first
    tries: int = 1  # a case about a moment (a rate) that a slow machine may miss


@dataclass
class Endpoint:
    """`auth`: key (Authorization), house (1.2, internal), none. What an endpoint refuses
    to everybody in the same way is made of that: see common.py."""

    method: str
    path: str
    cases: list
    auth: str = "key"
    told: bool = True  # in /openapi.json
    stores: bool = False  # its cases are about stores: standalone has those that say so, alone
    standalone: Any = True
    needs: str = ""  # the branch that it waits for, on the targets of needs_on
    needs_on: tuple = ALL

    @property
    def words(self):
        return f"{self.method} {self.path}"
