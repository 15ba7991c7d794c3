"""`trunkline replay`: a recording through exactly what the device decides."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli import detectors, inputs
from trunkline.cli.output import out, print_analysis, print_json, warn
from trunkline.decide.analysis import Analysis
from trunkline.decide.comparison import Comparison

if TYPE_CHECKING:
    from trunkline.decide.detected import Detected


def replay(
    files: inputs.Files,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    set_: inputs.Setting = None,
    neutral: inputs.Neutral = None,
    placement: inputs.Placement = None,
    axes: inputs.Axes = None,
    rate: inputs.Rate = None,
    acc: inputs.Acc = None,
    acc_unit: inputs.AccUnit = None,
    gyr: inputs.Gyr = None,
    gyr_unit: inputs.GyrUnit = None,
    time: inputs.Time = None,
    time_unit: inputs.TimeUnit = None,
    profile: inputs.ProfileName = None,
    tracked_point: inputs.TrackedPoint = None,
    strict: inputs.Strict = False,
    speed: Annotated[
        float | None,
        typer.Option(metavar="TIMES", help="Play one file as if live, so many times as fast."),
    ] = None,
    detector: detectors.Named = None,
) -> None:
    """Replay a recording through what the device decides; with --speed, as if live.

    Example:  trunkline replay day.npz --set slouch_entry_cdeg=1000

    Example:  trunkline replay day.npz --speed 20

    Example:  trunkline replay recordings/*_7.tlcap   (boot 7, whatever the day)

    Example:  trunkline replay log.csv --acc ax,ay,az --acc-unit g --gyr gx,gy,gz --gyr-unit deg/s
    """
    options = inputs.reading(
        placement=placement,
        axes=axes,
        rate_hz=rate,
        acc=acc,
        acc_unit=acc_unit,
        gyr=gyr,
        gyr_unit=gyr_unit,
        time=time,
        time_unit=time_unit,
        profile=profile,
        tracked_point=tracked_point,
    )
    judged: dict[str, Any] = {"strict": strict, "pairs": set_, "neutral": neutral}
    if speed is not None:
        from trunkline.cli.play import play  # here: what is not live need not wait for it

        play(inputs.alone(files), options, speed, is_json=as_json, detectors=detector, **judged)
        return
    detectors.check(detector)
    analysis, mirror = inputs.examine(files[0], options, *files[1:], **judged)
    warn(analysis.warnings)
    detected = detectors.ask(detector, analysis, mirror, files[0], options)
    _print(analysis, mirror.compare() if mirror else None, detected, as_json)
    detectors.complain_of(detected)


def _print(
    analysis: Analysis,
    comparison: Comparison | None,
    detected: "tuple[Detected, ...]",
    as_json: bool,
) -> None:
    block_s = analysis.timeline.block_s
    if not as_json:
        print_analysis(analysis)
        if comparison is not None:
            out.print(f"beside the device's own decisions: {comparison}", soft_wrap=True)
        detectors.tell(detected, block_s)
        return
    result = analysis.to_json()
    if comparison is not None:
        result["device"] = {
            "is_identical": comparison.is_identical,
            "blocks_compared": comparison.blocks,
            "events_compared": comparison.events,
            "frames_lost": comparison.lost_frames,
            "blocks_not_comparable": comparison.unmatched_blocks,
            "differences": comparison.differences[:20],
        }
    if detected:
        result["detectors"] = [each.to_json(block_s) for each in detected]
    print_json(result)
