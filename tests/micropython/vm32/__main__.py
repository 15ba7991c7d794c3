"""Build the MicroPython VM that is most like an ESP32's: `make vm32`, on Debian.

The unix port for 32 bits, with single-precision floats and a heap whose limit holds, from the
sources in Debian's archive, which apt checks. It is build/vm32/micropython; nothing is installed.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parents[2] / "build" / "vm32"
VM = OUTPUT / "micropython"
WORK = OUTPUT / "work"  # sources and objects; removed at the end
SUITE = "trixie"  # stable, so that everybody has the same one: 1.25.0
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_APT = """\
Dir::Etc::sourcelist "{folder}/debian.sources";
Dir::Etc::sourceparts "-";
Dir::State::lists "{folder}/lists";
Dir::Cache "{folder}/cache";
Acquire::Languages "none";
APT::Sandbox::User "";
"""
_SOURCES = """\
Types: deb-src
URIs: {archive}
Suites: {suite}
Components: main
Signed-By: {keyring}
"""
_FORMAT = "$(ORIGIN) $(COMPONENT) $(CODENAME) $(REPO_URI)"


class Missing(Exception):
    """What this machine lacks, in one sentence."""


def run(*command: str | Path, folder: Path | None = None) -> str:
    """Run a command to its end; return what it printed."""
    done = subprocess.run(
        [*map(str, command)], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise Missing(f"Found {command[0]} to fail; expected the VM; it said:\n{said}")
    return done.stdout


def check_tools() -> None:
    """Raise Missing with what to install."""
    for tool, package in (("apt-get", "Debian"), ("make", "make"), ("gcc", "gcc-multilib")):
        if shutil.which(tool) is None:
            raise Missing(f"Found no {tool}; expected it for this VM's build; install {package}.")
    if not KEYRING.exists():
        raise Missing(f"Found no {KEYRING}; expected Debian's keys; this build is for Debian.")
    trial = WORK / "trial.c"
    trial.write_text("#include <stdio.h>\nint main(void) { return sizeof(void *) != 4; }\n")
    try:
        run("gcc", "-m32", "-o", WORK / "trial", trial)
        run(WORK / "trial")
    except (Missing, OSError):
        raise Missing(
            "Found gcc unable to make 32-bit programs; expected -m32 to work; "
            "try: apt-get install gcc-multilib"
        ) from None


def archive() -> str:
    """Return the address of the Debian archive that this machine uses."""
    found = []
    for line in run("apt-get", "indextargets", "--format", _FORMAT).splitlines():
        origin, component, codename, address = line.split(" ", 3)
        if (origin, component) == ("Debian", "main") and "-" not in codename:
            found.append(address)
    if not found:
        raise Missing(
            "Found no Debian archive among apt's sources; expected one; try: apt-get update"
        )
    return min(found)


def fetch() -> Path:
    """Fetch MicroPython's sources with apt, into its own folders; return where they are."""
    apt = WORK / "apt"
    for name in ("lists/partial", "cache/archives/partial"):
        (apt / name).mkdir(parents=True, exist_ok=True)
    sources = _SOURCES.format(archive=archive(), suite=SUITE, keyring=KEYRING)
    (apt / "debian.sources").write_text(sources)
    configuration = apt / "apt.conf"
    configuration.write_text(_APT.format(folder=apt))
    run("apt-get", "-c", configuration, "update")
    run("apt-get", "-c", configuration, "source", "--download-only", "micropython", folder=WORK)
    (packed,) = WORK.glob("micropython_*.orig.tar.xz")
    unpacked = WORK / "source"
    with tarfile.open(packed) as tar:
        tar.extractall(unpacked, filter="data")
    (folder,) = unpacked.iterdir()
    return folder


def build(source: Path) -> None:
    """Compile the VM."""
    made = WORK / "made"
    jobs = f"-j{os.cpu_count() or 1}"
    choice = (f"VARIANT_DIR={HERE}", f"BUILD={made}")
    run("make", jobs, *choice, folder=source / "ports" / "unix")
    shutil.copy2(made / "micropython", VM)


def main() -> int:
    """Build the VM anew; return the exit code."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    WORK.mkdir(parents=True)
    try:
        check_tools()
        print(f"Building MicroPython for 32 bits, in {OUTPUT} ...")
        build(fetch())
        print(run(VM, "-c", "import sys; print(*sys.implementation[:2])").strip())
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    shutil.rmtree(WORK)
    return 0


if __name__ == "__main__":
    sys.exit(main())
