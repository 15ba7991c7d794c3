"""The command line: each command parses, calls one function and prints.

Exit codes: 0 done, 1 something failed, 2 input that cannot be used, 130 stopped with Ctrl-C.
"""

import inspect
import sys
from collections.abc import Callable

import typer

from trunkline import __version__
from trunkline.cli import (
    check,
    convert,
    demo,
    detectors,
    doctor,
    evaluate,
    monitor,
    pair,
    record,
    replay,
    report,
    scan,
    settings,
    simulate,
    sync,
)
from trunkline.cli.output import complain
from trunkline.errors import InputError, TrunklineError

# What comes with which extra of the package.
_EXTRAS = {
    **{"bleak": "ble", "bumble": "sim", "micropython_unix": "sim"},
    **{"pyarrow": "files", "scipy": "files", "actfast": "files"},
}

_STOPPED = 130

app = typer.Typer(
    name="trunkline",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="An open posture wearable: run the demo, replay recordings, read reports.\n\n"
    "Without any hardware, start with:  trunkline demo",
)
_COMMANDS = {
    "Begin": (demo.demo,),
    "A device": (
        *(scan.scan, pair.pair, doctor.doctor),
        *(monitor.monitor, record.record, sync.sync),
    ),
    "Recordings": (replay.replay, report.report, check.check, convert.convert),
    "Behind it": (
        *(settings.settings, detectors.detectors),
        *(simulate.simulate, evaluate.evaluate),
    ),
}


def _help(command: Callable[..., None]) -> str:
    """Give a docstring whose paragraphs fill the terminal; typer keeps the source's lines."""
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    return "\n\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)


for _panel, _commands in _COMMANDS.items():
    for _command in _commands:
        app.command(help=_help(_command), rich_help_panel=_panel)(_command)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"trunkline {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Options before a command."""


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        app()
    except InputError as error:
        complain(str(error))
        sys.exit(2)
    except TrunklineError as error:
        complain(str(error))
        sys.exit(1)
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(str(error.name).partition(".")[0])
        if extra is None:
            raise
        complain(
            f"Found no {error.name}; expected the extra {extra!r}; "
            f"try: pip install 'trunkline[{extra}]'."
        )
        sys.exit(1)
    except SystemExit as end:
        if end.code == _STOPPED:  # what typer makes of Ctrl-C, once everything is closed
            complain("Stopped. The board, the radio and the files are closed.")
        raise
    except BrokenPipeError:  # the reader of our output has enough
        sys.stderr.close()
        sys.exit(0)
