"""What `trunkline` exports is meant, sorted and explained."""

import inspect
import pkgutil
import subprocess
import sys
import types

import pytest

import trunkline


def test_all_names_are_there_sorted_and_nothing_else_is_public():
    public = {
        name
        for name, value in vars(trunkline).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    public |= set(trunkline._LATER)
    assert sorted(trunkline.__all__) == list(trunkline.__all__)
    assert set(trunkline.__all__) == public | {"__version__"}
    assert all(hasattr(trunkline, name) for name in trunkline.__all__)


@pytest.mark.parametrize("name", [name for name in trunkline.__all__ if name != "__version__"])
def test_every_public_name_says_what_it_does(name):
    thing = getattr(trunkline, name)
    first = (thing.__doc__ or "").strip().splitlines()[0]
    assert first.endswith(".")
    assert not first.startswith(name + "(")  # what dataclass writes by itself
    members = vars(thing).items() if inspect.isclass(thing) else ()
    for member, value in members:
        is_callable = inspect.isfunction(value) or isinstance(value, (classmethod, property))
        if not member.startswith("_") and is_callable:
            assert inspect.getdoc(getattr(thing, member)) or inspect.getdoc(value), member


@pytest.mark.parametrize(
    "name", ["Analysis", "Cue", "Episode", "Timeline", "Transition", "Wear", "Recording"]
)
def test_every_field_of_a_result_has_its_own_line(name):
    thing = getattr(trunkline, name)
    for field in thing.__dataclass_fields__:
        assert f"{field}:" in thing.__doc__


def test_the_example_in_the_docstring_runs(tmp_path, monkeypatch):
    from trunkline.wearer import simulate_desk_hour

    simulate_desk_hour(duration_s=30.0).save(tmp_path / "day.npz")
    monkeypatch.chdir(tmp_path)
    code = trunkline.__doc__.split("\n\n", 1)[1]
    names = {}
    exec(code, names)
    assert names["up"].shape == (1800, 3)
    assert names["analysis"].wear.total_s == 30.0


def test_every_module_imports_and_has_a_first_sentence():
    for module in pkgutil.walk_packages(trunkline.__path__, "trunkline."):
        if module.name == "trunkline.__main__" or "_firmware" in module.name:
            continue
        found = __import__(module.name, fromlist=["_"])
        assert found.__doc__, module.name


def test_importing_the_library_needs_no_radio_and_no_figures():
    heavy = (
        *("bleak", "bumble", "matplotlib", "asyncio", "serial", "trunkline.device.session"),
        *("pyarrow", "scipy", "actfast", "pandas"),
    )
    code = f"import sys, trunkline; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
