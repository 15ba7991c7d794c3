"""Compare the simulated wearer with real clips: the figures and tables of docs/wearer.md.

Run it with the clips at hand (TRUNKLINE_DATA, or ../shared/data beside the repository); without
them it stops with a sentence and leaves the page as it is.
"""

import csv
import re
import sys
from pathlib import Path

import numpy as np
from markdown import markdown
from wearer_walks import DATA, SKDH_TO_SRA, G, numbers, real_walks, spectrum, step_hz_of, twin_of

from posturecore.context import CONTEXTS
from trunkline.wearer import VOCABULARY, Scenario, scenario_names, simulate, spine
from trunkline.wearer.body import Body
from trunkline.wearer.scenario import TABLES

HERE = Path(__file__).resolve().parent
AXES = ("vertical", "sideways", "forward")
REAL, SIMULATED = "#1b6ca8", "#d1495b"


def walking_table() -> str:
    """Set each real walk beside a simulated one of the same step rate."""
    head = ["walk", "steps/s", "vertical (g)", "sideways (g)", "forward (g)"]
    head += ["turning (°/s)", "nodding (°/s)", "leaning (°/s)", "vertical power above 2.5 × step"]
    rows = []
    for walk in real_walks():
        pairs = zip(numbers(walk), numbers(twin_of(walk)), (2, 2, 2, 0, 0, 0, 2), strict=True)
        cells = [f"{real:.{digits}f} / {made:.{digits}f}" for real, made, digits in pairs]
        name = walk.name + (" (template)" if walk.is_template else "")
        rows.append([name, f"{step_hz_of(walk):.2f}", *cells])
    return markdown(head, rows)


def still_table() -> str:
    """Set the stillest three seconds of each clip beside those of a simulated stand."""
    day = simulate("desk_hour", 1, 100.0, "L5", 60.0)
    made = (100.0, day.recording.acc_m_s2 / G, np.degrees(day.recording.gyr_rad_s))
    gentle = np.load(DATA / "mobgap_HA001_Test11_lowerback.npz")
    brisk = np.load(DATA / "skdh_lumbar_gait.npz")
    rows = []
    for name, (rate_hz, acc, gyr) in {
        "mobgap": (100.0, gentle["acc_g"], gentle["gyr_deg_s"]),
        "skdh": (128.0, brisk["accel"] @ SKDH_TO_SRA, np.degrees(brisk["gyro"]) @ SKDH_TO_SRA),
        "simulated, standing": made,
    }.items():
        count = int(3 * rate_hz)
        starts = range(0, len(acc) - count, count // 6)
        still = min(starts, key=lambda first: gyr[first : first + count].std(axis=0).max())
        part = slice(still, still + count)
        mg, dps = 1000 * acc[part].std(axis=0), gyr[part].std(axis=0)
        rows.append([name, *(f"{x:.1f}" for x in mg), *(f"{x:.2f}" for x in dps)])
    head = ["the stillest 3 s at L5", *(f"{axis} (mg)" for axis in AXES)]
    return markdown([*head, "turning (°/s)", "nodding (°/s)", "leaning (°/s)"], rows)


def slouches() -> dict[str, list[float]]:
    """Read each person's change of pitch from upright to slouching, by placement, in degrees."""
    pitch: dict[tuple[str, str, str], float] = {}
    with (DATA / "sitting_posture_snapshots.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            angle = np.degrees(np.arctan2(float(row["az_g"]), float(row["ax_g"])))
            pitch[row["subject"], row["sensor"], row["posture"]] = float(angle)
    people = sorted({subject for subject, _, _ in pitch})
    return {
        place: [pitch[who, place, "slouching"] - pitch[who, place, "upright"] for who in people]
        for place in spine.PLACEMENTS
    }


def slouch_table() -> str:
    """Set the measured slouch beside one that is simulated at every placement."""
    scenario = Scenario.parse(
        "minutes = 2\nstart = 'sitting'\n[wearer]\nsway_deg = 0\nbreath_deg = 0\ntremor_deg = 0\n"
        "shifts_per_15min = 0\nfidgets_per_15min = 0\n"
        "[[act]]\ndo = 'slouch'\nflexion_deg = 23.5\nrate_dps = 1\nhold_s = 30\n"
    )
    rows = []
    for place, measured in slouches().items():
        (event,) = simulate(scenario, placement=place).truth.of_kind("slouch")
        people = ", ".join(f"{value:+.1f}" for value in measured)
        rows.append([place, people, f"{np.mean(measured):+.1f}", f"{event.peak_deg:+.1f}"])
    return markdown(["placement", "four people (°)", "mean (°)", "simulated (°)"], rows)


def scenarios_table() -> str:
    """List what is shipped, with what each holds for seed 1."""
    rows = []
    for name in scenario_names():
        day = simulate(name, 1, 25.0)
        share = np.bincount(day.truth.context, minlength=len(CONTEXTS)) / len(day.truth.context)
        main = np.argsort(-share)[:4]
        held = ", ".join(f"{CONTEXTS[i]} {share[i]:.0%}" for i in main if share[i] >= 0.01)
        lifts = day.truth.of_kind("stoop", "squat", "mixed_lift", "twisting_lift")
        slouched = len(day.truth.of_kind("slouch"))
        scenario = Scenario.shipped(name)
        minutes = f"{scenario.minutes:g}"
        rows.append([f"`{name}`", scenario.title, minutes, str(slouched), str(len(lifts)), held])
    return markdown(["scenario", "about", "minutes", "slouches", "lifts", "context"], rows)


def _ranges(sizes: dict[str, tuple[float, float]]) -> str:
    return ", ".join(
        f"`{key}` {low:g}" + (f" to {high:g}" if high != low else "")
        for key, (low, high) in sizes.items()
    )


def words_table() -> str:
    """List every activity: when it may begin, what it leads to, its sizes and usual ranges."""
    rows = [
        [f"`{name}`", ", ".join(word.needs), word.leads_to or "–", _ranges(word.sizes)]
        for name, word in VOCABULARY.items()
    ]
    return markdown(["do", "begins while", "leads to", "sizes, drawn from"], rows)


def keys_table() -> str:
    """List the keys of the scenario's other tables with their usual values."""
    rows = [[f"`[{name}]`", _ranges(keys)] for name, keys in TABLES.items()]
    return markdown(["table", "keys, with what they are if not given"], rows)


def draw_walking(path: Path) -> None:
    """Draw spectra and three seconds of walking, real and simulated."""
    import matplotlib.pyplot as plt

    walks = {walk.name: walk for walk in real_walks()}
    figure, grid = plt.subplots(2, 4, figsize=(14, 6), layout="constrained")
    for row, (name, title) in enumerate((("mobgap 1", "gentle"), ("skdh 3", "brisk"))):
        real = walks[name]
        twin = twin_of(real)
        for axis, plot in enumerate(grid[row, :3]):
            for walk, colour, label in ((real, REAL, name), (twin, SIMULATED, "simulated")):
                plot.semilogy(
                    *spectrum(walk.acc_g[:, axis], walk.rate_hz), color=colour, label=label
                )
            plot.set(xlim=(0, 20), ylim=(3e-4, 0.6), xlabel="Hz")
            plot.set_title(f"{title}: {AXES[axis]}, g/√Hz", fontsize=10)
        grid[row, 0].legend(fontsize=8)
        count = int(3 * real.rate_hz)
        time_s = np.arange(count) / real.rate_hz
        grid[row, 3].plot(time_s, real.acc_g[:count, 0] + 1.0, color=REAL)
        grid[row, 3].plot(time_s, twin.acc_g[:count, 0] - 1.0, color=SIMULATED)
        grid[row, 3].set_title(f"{title}: vertical, g (shifted by ±1)", fontsize=10)
        grid[row, 3].set_xlabel("s")
    figure.savefig(path, dpi=90)


def draw_postures(path: Path) -> None:
    """Draw the chain in four postures, and the slouch beside the measured one."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5), layout="constrained")
    poses = {
        "upright": {},
        "slouch 23.5°": {"slouch": 23.5},
        "stoop 80°": {"bow": 80.0},
        "squat 40°, 0.4 m": {"bow": 40.0},
    }
    for number, (name, angles) in enumerate(poses.items()):
        points = [(0.0, 0.0 if number < 3 else -0.4)]
        for place in spine.PLACEMENTS:
            body = Body(place, 1.75)
            for track, degrees in angles.items():
                body[track].step(-2.0, 1.0, np.radians(degrees))
            offset = body.feel(np.arange(2) / 60.0).offset_m[0]
            points.append((offset[2], offset[0] + points[0][1]))
        x, y = np.transpose(points)
        left.plot(x + 0.55 * number, y, "o-", color=SIMULATED, markersize=5)
        left.text(0.55 * number + 0.05, 0.58, name, fontsize=8, ha="center")
    left.set(
        aspect="equal",
        xlim=(-0.2, 2.1),
        ylim=(-0.45, 0.68),
        xlabel="forward, m",
        ylabel="above the standing hip, m",
    )
    left.set_title("hip, L5, T12, T4, C7 (stature 1.75 m)", fontsize=10)
    for number, (place, measured) in enumerate(slouches().items()):
        right.plot([number] * len(measured), measured, "o", color=REAL, alpha=0.7)
        right.plot(number, spine.SLOUCH_DEG[place], "_", color=SIMULATED, markersize=30, mew=3)
    right.set_xticks(range(4), spine.PLACEMENTS)
    right.axhline(0.0, color="0.7", linewidth=0.8)
    right.set_title("slouch: four people (dots), simulated (line), °", fontsize=10)
    figure.savefig(path, dpi=90)


def draw_story(path: Path) -> None:
    """Draw what three placements see of a desk hour and of lifting, with the true contexts."""
    import matplotlib.pyplot as plt

    figure, grid = plt.subplots(2, 1, figsize=(13, 6.5), layout="constrained")
    for plot, (name, start_s, end_s) in zip(
        grid, (("desk_hour", 0, 2100), ("warehouse", 60, 260)), strict=True
    ):
        for place, colour in (("T4", SIMULATED), ("T12", "#edae49"), ("L5", REAL)):
            day = simulate(name, 1, 60.0, place, float(end_s))
            rows = slice(start_s * 60, end_s * 60)
            time_s = np.arange(rows.start, rows.stop) / 60.0
            plot.plot(time_s, day.truth.flexion_deg[rows], color=colour, label=place, linewidth=1)
        low = plot.get_ylim()[0]
        context = day.truth.context[rows]
        for number in np.unique(context):
            is_here = context == number
            height = np.full(len(time_s), low - 4.0 - 4.0 * (number % 2))
            plot.plot(
                time_s, np.where(is_here, height, np.nan), linewidth=6, label=CONTEXTS[number]
            )
        plot.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
        plot.set(ylabel="flexion, °", xlabel="s", xlim=(start_s, end_s))
        plot.set_title(f"SIMULATED: {name}, seed 1", fontsize=10)
    figure.savefig(path, dpi=90)


def main() -> None:
    """Write tables and figures."""
    if not DATA.is_dir():
        sys.exit(f"Found no clips in {DATA}; expected the back recordings; try: TRUNKLINE_DATA=")
    import matplotlib

    matplotlib.use("Agg")
    drawings = {"walking": draw_walking, "postures": draw_postures, "story": draw_story}
    for name, draw in drawings.items():
        draw(HERE / "img" / f"wearer-{name}.png")
    tables = {
        "words": words_table,
        "keys": keys_table,
        "walking": walking_table,
        "still": still_table,
        "slouch": slouch_table,
        "scenarios": scenarios_table,
    }
    page = HERE / "wearer.md"
    text = page.read_text("utf-8")
    for name, table in tables.items():
        marked = re.compile(rf"(<!-- table: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        written = table()
        text = marked.sub(lambda found, new=written: f"{found[1]}{new}{found[2]}", text)
    page.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
