"""What the build leaves out of the modules, and what it must not touch."""

import sys

import pytest

from trunkline.simulator import firmware_path

sys.path.append(str(firmware_path()))

from desk.linker import linked
from desk.nicknames import nicknamed


def code_of(text):
    return [line for line in text.split("\n") if line]


@pytest.mark.parametrize(
    ("user", "becomes"),
    [
        pytest.param("from table import A\nprint(A)", "print(1)", id="by name"),
        pytest.param("import table\nprint(table.A)", "print(1)", id="by module"),
        pytest.param("from table import A as Z\nprint(Z - Z)", "print(1 - 1)", id="renamed"),
        pytest.param("from table import B\nprint(B ** 2)", "print((-5) ** 2)", id="negative"),
        pytest.param("from table import C\nX = C + 1\nprint(X)", "print(6)", id="reckoned"),
    ],
)
def test_number_stands_where_its_name_was(user, becomes):
    table = "A, B = 1, -5\nC = len((A, A)) + 3\n"
    modules = linked({"table": table, "user": user})
    assert code_of(modules["user"]) == [becomes]
    assert code_of(modules["table"]) == []


@pytest.mark.parametrize(
    "user",
    [
        pytest.param("from table import A\ndef f(A):\n    return A\nprint(f)", id="argument"),
        pytest.param("import table\ndef f(table):\n    return table.A\nprint(f)", id="module"),
        pytest.param("A = 1\ndef f():\n    global A\n    A = 2\nprint(f, A)", id="global"),
        pytest.param("def f():\n    from table import A\n    return A\nprint(f)", id="inside"),
    ],
)
def test_name_that_means_something_else_stays(user):
    modules = linked({"table": "A = 1\n", "user": user})
    told = code_of(modules["user"])
    assert told[-3:] == user.split("\n")[-3:]


def test_what_no_module_and_no_reader_names_is_left_out():
    core = 'USED = ("a",)\nUNUSED = ("b",)\nREAD = ("c",)\n\ndef f():\n    return UNUSED\n'
    modules = linked(
        {"posturecore.table": core, "user": "from posturecore import table\nprint(table.USED)"},
        readers=("from posturecore.table import READ\n",),
    )
    assert modules["posturecore.table"] == 'USED = ("a",)\n\nREAD = ("c",)\n\n\n\n'


def test_core_stands_worked_out_and_others_are_not_run():
    core = 'ROWS = (("a", 1, "words"), ("b", 2, "more words"))\n'
    core += "NAMES = tuple([row[0] for row in ROWS])\n"
    user = "from posturecore.table import NAMES\nPORT = open(NAMES[0])\nprint(PORT)"
    modules = linked({"posturecore.table": core, "user": user})
    assert modules["posturecore.table"] == "\nNAMES = ('a', 'b')\n"
    assert modules["user"] == user


def test_call_that_may_do_something_stays():
    modules = linked({"user": "import machine\nLED = machine.Pin(1)\n"})
    assert modules["user"] == "import machine\nLED = machine.Pin(1)\n"


METHODS = """class Part:
    def step(self):
        return self.inner.skip()
    def skip(self):
        return self.inner.skip()
    def __len__(self):
        return 1
"""


def test_method_that_nobody_names_is_left_out():
    user = "from part import Part\nprint(Part().step, getattr(Part, {!r}))\n"
    kept = linked({"part": METHODS, "user": user.format("skip")})["part"]
    assert kept == METHODS
    caller = METHODS.replace("inner.skip", "inner.step")
    gone = code_of(linked({"part": caller, "user": user.format("step")})["part"])
    assert [line.split("(")[0] for line in gone if "def" in line] == [
        "    def step",
        "    def __len__",
    ]


def test_method_that_only_hands_on_its_own_name_is_left_out():
    text = METHODS.replace("return self.inner.skip()", "return 0", 1)
    gone = linked({"part": text, "user": "from part import Part\nprint(Part().step)\n"})["part"]
    assert "skip" not in gone
    assert gone.count("\n") == text.count("\n")


def test_class_keeps_something_in_it():
    text = "class Part:\n    def step(self):\n        return 0\nprint(Part)\n"
    assert linked({"part": text})["part"] == text


def test_errors_lose_their_words_and_keep_their_lines_and_numbers():
    call = "a, '{}'.format(\n            a\n        )"
    text = f"def f(a):\n    raise OSError(\n        {call}\n    )\n"
    becomes = 'def f(a):\n    raise OSError(\n        a, ""\n\n\n    )\n'
    assert linked({"user": text + "f(1)\n"})["user"] == becomes + "f(1)\n"


def test_lines_stay_where_they_are():
    text = 'A = (\n    1\n)\n\ndef unused():\n    """é"""\n\nprint("é", A)\n'
    assert linked({"user": text})["user"] == '\n\n\n\n\n\n\nprint("é", 1)\n'


def test_private_names_are_short_and_the_same_few():
    class_of = "class {}:\n    def __init__(self):\n        self._{} = '_kept'\n".format
    modules = nicknamed({"one": class_of("One", "settings"), "two": class_of("Two", "values")})
    assert "self._0 = '_kept'" in modules["one"]
    assert "self._0 = '_kept'" in modules["two"]
    assert "__init__" in modules["one"]


def test_classes_that_inherit_share_their_names():
    base = "class Base:\n    def _first(self):\n        return self._second()\n"
    heir = "from base import Base\nclass Heir(Base):\n    def _second(self):\n        return 1\n"
    modules = nicknamed({"base": base, "heir": heir, "other": "_a = _b = 1\nprint(_a, _b)\n"})
    assert "self._1()" in modules["base"]
    assert "def _1(self)" in modules["heir"]


def test_private_name_from_outside_is_left_alone():
    text = "import _thread\n_mine = _thread.start\n_thread.run(_kind=_mine)\n"
    assert nicknamed({"user": text})["user"] == text.replace("_mine", "_0")


def test_foreign_private_attribute_is_refused():
    with pytest.raises(ValueError, match=r"Found \._secret in user"):
        nicknamed({"user": "def f(thing):\n    return thing._secret\n"})
