"""Detectors that others write: found by entry point, fed with blocks, beside the built-in ones.

A package names its detectors under the entry point `trunkline.detectors`; docs/detectors.md has a
worked example. What one finds carries its name and version and never mixes with what the device
decides. One that fails is a `DetectorError` with its name; nothing else is touched by it.
"""

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import DetectorError, InputError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "trunkline.detectors"
Rows = NDArray[np.int32]
_AT_ONCE = 600  # a minute of blocks: what a detector is handed at most


@dataclass(frozen=True)
class Setup:
    """What a detector is told before the first block.

    Attributes:
        rate_mhz: The sensor's rate in mHz; a block is six samples.
        settings: The prescription in force, by name.
        neutral: The wearer's upright pose as gravity in 0.061 mg, (x up, y right, z forward);
            None: not known.
    """

    rate_mhz: int
    settings: Mapping[str, int]
    neutral: tuple[int, int, int] | None

    @property
    def block_s(self) -> float:
        """Seconds a block."""
        return 6000 / self.rate_mhz


@dataclass(frozen=True)
class Found:
    """Something that a detector found.

    Attributes:
        kind: What it is, in a word or two.
        start_block: First block.
        end_block: First block after.
        values: Numbers about it; a name ends with its unit.
    """

    kind: str
    start_block: int
    end_block: int
    values: Mapping[str, float] = field(default_factory=dict)


class Detector(Protocol):
    """What a plug-in makes: it is called as the blocks come, live or from a file."""

    def blocks(self, first: int, rows: Rows) -> Iterable[Found] | None:
        """Take the next blocks; give what has been found, if anything.

        Args:
            first: Number of the first. Blocks that are missing are left out: `first` jumps.
            rows: (N, 16) ints, N at least 1, as in posturecore.blocks; not to be written to.
        """

    def finish(self) -> Iterable[Found] | None:
        """Give what was still open: no more blocks will come."""


Make = Callable[[Setup], Detector]


@dataclass(frozen=True)
class Plugin:
    """A detector that is installed.

    Attributes:
        name: What it is called by.
        package: Who brings it.
        version: Of the package.
    """

    name: str
    package: str
    version: str
    _entry: "EntryPoint" = field(repr=False, compare=False)

    def load(self) -> Make:
        """Import it.

        Raises:
            DetectorError: It cannot be imported, or is nothing that can be called.
        """
        with _guarded(self, "import it"):
            make = self._entry.load()
        if not callable(make):
            raise DetectorError(self.label, f"{self._entry.value} is {make!r}, not a class")
        loaded: Make = make
        return loaded

    @property
    def label(self) -> str:
        """Name, package and version, as results carry them."""
        return f"{self.name} ({self.package} {self.version})"


@contextmanager
def _guarded(plugin: Plugin, what: str) -> Iterator[None]:
    """Turn whatever a plug-in raises into one sentence; what it prints goes to stderr."""
    try:
        with redirect_stdout(sys.stderr):
            yield
    except DetectorError:
        raise
    except (Exception, SystemExit) as error:  # somebody else's code: it may raise anything
        said = " ".join(str(error).split())
        reason = f"{type(error).__name__}: {said}" if said else type(error).__name__
        raise DetectorError(plugin.label, f"{reason} (on the try to {what})") from error


def installed() -> tuple[Plugin, ...]:
    """List the detectors that are installed, by name; none of them is imported."""
    from importlib.metadata import entry_points

    plugins = [
        Plugin(
            entry.name,
            entry.dist.name if entry.dist else "unknown package",
            entry.dist.version if entry.dist else "unknown version",
            entry,
        )
        for entry in entry_points(group=GROUP)
    ]
    return tuple(sorted(plugins, key=lambda plugin: (plugin.name, plugin.package)))


def named(name: str) -> Plugin:
    """Give an installed detector.

    Raises:
        InputError: None or more than one has this name.
    """
    plugins = installed()
    fitting = [plugin for plugin in plugins if plugin.name == name]
    if len(fitting) == 1:
        return fitting[0]
    known = ", ".join(sorted({plugin.name for plugin in plugins})) or "none is installed"
    found = " and ".join(plugin.label for plugin in fitting)
    raise InputError(
        found=f"two detectors of one name: {found}" if fitting else f"the detector {name!r}",
        expected="one of " + known if plugins else "one that is installed; none is",
        hint="uninstall one of them" if fitting else "trunkline detectors",
    )


class Run:
    """One detector at work.

    Attributes:
        plugin: Whose it is.
        found: All that it has found.
    """

    def __init__(self, plugin: Plugin, setup: Setup) -> None:
        """Make the detector; raises DetectorError, as everything here, when it fails."""
        self.plugin = plugin
        self.found: list[Found] = []
        make = plugin.load()
        settings = MappingProxyType(dict(setup.settings))
        self._next = 0
        with _guarded(plugin, "make it"):
            self._detector = make(Setup(setup.rate_mhz, settings, setup.neutral))

    def blocks(self, first: int, blocks: NDArray[np.integer[Any]]) -> list[Found]:
        """Hand it (N, 16) blocks without a gap between them; give what it found in them."""
        news: list[Found] = []
        for start in range(0, len(blocks), _AT_ONCE):
            # A copy of its own, which it cannot write to: the built-in results stay what they are.
            rows = np.array(blocks[start : start + _AT_ONCE], dtype=np.int32, order="C")
            rows.flags.writeable = False
            self._next = first + start + len(rows)
            with _guarded(self.plugin, f"take blocks {first + start} to {self._next - 1}"):
                given = self._detector.blocks(first + start, rows) or ()
                news += [self._checked(each) for each in given]
        self.found += news
        return news

    def finish(self) -> list[Found]:
        """Let it end what is open; give that."""
        with _guarded(self.plugin, "finish"):
            news = [self._checked(each) for each in self._detector.finish() or ()]
        self.found += news
        return news

    def _checked(self, each: object) -> Found:
        if not isinstance(each, Found):
            raise DetectorError(self.plugin.label, f"it gave {each!r}, expected a Found")
        start, end = int(each.start_block), int(each.end_block)
        values = {str(name): float(value) for name, value in each.values.items()}
        if not 0 <= start < end <= self._next or not all(map(math.isfinite, values.values())):
            problem = f"it gave {each}, expected blocks from 0 to {self._next} and finite numbers"
            raise DetectorError(self.plugin.label, problem)
        return Found(str(each.kind), start, end, values)


def detect(
    plugin: Plugin, setup: Setup, blocks: NDArray[np.integer[Any]], is_lost: NDArray[np.bool_]
) -> tuple[Found, ...]:
    """Run a detector over a whole recording.

    Args:
        plugin: From `named`.
        setup: What it is told first.
        blocks: (K, 16).
        is_lost: (K,) which of them are missing.

    Raises:
        DetectorError: It failed; the sentence says at which blocks.
    """
    from trunkline.recordings.quality import runs

    run = Run(plugin, setup)
    for start, end in zip(*runs(~is_lost), strict=True):
        run.blocks(int(start), blocks[start:end])
    run.finish()
    return tuple(run.found)
