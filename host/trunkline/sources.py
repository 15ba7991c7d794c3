"""Where the firmware's files are: in the wheel, or in the repository."""

from pathlib import Path

from trunkline.errors import SimulatorError


def firmware_path() -> Path:
    """Give the folder with main.py, boards/ and lib/.

    Raises:
        SimulatorError: Neither the installed package nor the repository has it.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "_firmware", package.parents[1] / "firmware"):
        if (folder / "boards" / "sim" / "board.py").is_file():
            return folder
    raise SimulatorError(
        f"Found no firmware beside {package}; expected {package / '_firmware'}; "
        "try installing trunkline from a wheel or running from its repository."
    )
