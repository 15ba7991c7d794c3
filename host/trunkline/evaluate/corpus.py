"""What is evaluated: scenarios with a placement, a prescription, a fit and a sensor; and seeds.

Every case is a shipped scenario as it stands, or with one thing made harder; OUR_OWN are the
scenarios made for this. HELD_OUT_SEEDS are for reporting only: nothing in this repository may be
tuned or tested on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from trunkline.errors import InputError
from trunkline.wearer import Imu, Scenario, Tissue, scenario_names

SEEDS = tuple(range(1, 18))
HELD_OUT_SEEDS = (9001, 9002, 9003)

# At this prescription a minute of walking or a held bend would be enough for a false alert.
STRICT = {"slouch_entry_cdeg": 500, "slouch_hold_s": 3, "slouch_hysteresis_cdeg": 400}
DOSE = {"slouch_rule": 1}
FAR = {"slouch_entry_cdeg": 1800, "slouch_hold_s": 120}
# Squats of 30 to 45 degrees are below the default least peak: described only if logged.
SHALLOW_BENDS = {"bend_entry_cdeg": 2000, "bend_peak_cdeg": 2000}

CLOSE_LIFTS, SLIPPED, BAG_IN_CAR = OUR_OWN = ("close_lifts", "slipped", "bag_in_car")
APART = "apart"

FIRM = Tissue(0.0, 8.0, 0.4)
SOFT = Tissue(8.0, 6.0, 0.3)
CROOKED_DEG = (15.0, 8.0, 10.0)
POOR = Imu(acc_bias_mg=20.0, gyr_bias_dps=1.0, gain_error_pct=1.0, misalignment_deg=1.0)


@dataclass(frozen=True)
class Case:
    """Hold one line of the corpus.

    Attributes:
        name: Short and unique.
        scenario: The name of the scenario that is performed.
        placement: C7, T4, T12 or L5.
        settings: What differs from the default prescription.
        mounting_deg: How the case sits: forward, right, about the spine.
        tissue: How it wobbles; None: as the scenario says.
        imu: The sensor's errors; None: as the scenario says.
        longer: How many times as long as others it may run.
        is_apart: Whether it is measured for a claim of its own, and left out of the others.
    """

    name: str
    scenario: str
    placement: str = "T4"
    settings: Mapping[str, int] = field(default_factory=dict)
    mounting_deg: tuple[float, ...] = (0.0, 0.0)
    tissue: Tissue | None = None
    imu: Imu | None = None
    longer: int = 1
    is_apart: bool = False

    @property
    def rule(self) -> str:
        """Name the slouch rule: "default", "strict", "far" or "dose"; or APART."""
        if self.is_apart:
            return APART
        named = {"strict": STRICT, "dose": DOSE, "far": FAR}
        return next((key for key, each in named.items() if self.settings == each), "default")

    @property
    def slips(self) -> bool:
        """Tell whether the strap slips: the neutral pose is then no longer that of the case."""
        return any(act.do == "strap_slip" for act in self.script.acts)

    @property
    def script(self) -> Scenario:
        """Read the scenario."""
        return _script(self.scenario)

    @property
    def is_worn_badly(self) -> bool:
        """Tell whether the case is crooked or soft beyond what the scenario says."""
        return any(self.mounting_deg) or self.tissue not in (None, FIRM)

    @property
    def describes_lifts(self) -> bool:
        """Tell whether shallow lifts are logged, so that all can be described."""
        return self.settings == SHALLOW_BENDS


@cache
def _script(name: str) -> Scenario:
    if name in OUR_OWN:
        return Scenario.parse(
            resources.files(__package__).joinpath(f"{name}.toml").read_text("utf-8"), name
        )
    return Scenario.shipped(name)


def _shipped() -> list[Case]:
    """Every scenario at the two placements that see a slouch best."""
    places = ("T4", "C7")
    return [Case(f"{name} {place}", name, place) for place in places for name in scenario_names()]


def _placed() -> list[Case]:
    names = {
        "T12": ("desk_hour", "slow_slump", "household", "commute", "sofa"),
        "L5": ("desk_hour", "warehouse", "household", "commute", "off_body"),
    }
    return [Case(f"{name} {place}", name, place) for place in names for name in names[place]]


def _prescribed() -> list[Case]:
    strict = ("commute", "warehouse", "household", "sofa", "off_body", "in_bag", "therapy")
    prescriptions = (
        ("strict", STRICT, strict),
        ("dose", DOSE, ("desk_hour", "slow_slump", "restless_sitter", "driving")),
        ("far", FAR, ("slow_slump", "desk_day")),
    )
    return [
        Case(f"{name} {word}", name, settings=settings)
        for word, settings, names in prescriptions
        for name in names
    ]


def _worn_badly() -> list[Case]:
    cases = []
    for name in ("desk_hour", "commute", "household"):
        cases.append(Case(f"{name} crooked", name, mounting_deg=CROOKED_DEG))
        cases.append(Case(f"{name} soft", name, tissue=SOFT))
    both = Case("restless_sitter crooked, soft", "restless_sitter", "T4", {}, CROOKED_DEG, SOFT)
    poor = [Case(f"{name} poor sensor", name, imu=POOR) for name in ("slow_slump", "off_body")]
    return [*cases, both, *poor]


def _lifting() -> list[Case]:
    cases = []
    for place in ("T4", "C7"):
        for name in ("warehouse", "therapy", CLOSE_LIFTS):
            lift = Case(f"{name} {place} lifts, firm", name, place, SHALLOW_BENDS, tissue=FIRM)
            cases.append(lift)
            worn = Case(
                f"{name} {place} lifts, crooked, soft",
                name,
                place,
                SHALLOW_BENDS,
                CROOKED_DEG,
                SOFT,
            )
            cases.append(worn)
    return cases


def _apart() -> list[Case]:
    cases = [
        Case(f"{SLIPPED} {place}", SLIPPED, place, longer=4, is_apart=True)
        for place in ("T4", "C7", "L5")
    ]
    # A whole day in which nothing slips, for what is told wrongly in one.
    cases.append(Case("desk_day whole", "desk_day", longer=11, is_apart=True))
    return [*cases, Case(f"{BAG_IN_CAR} T4", BAG_IN_CAR, is_apart=True)]


def corpus() -> tuple[Case, ...]:
    """List every case."""
    return (*_shipped(), *_placed(), *_prescribed(), *_worn_badly(), *_lifting(), *_apart())


def pick(names: list[str] | None) -> tuple[Case, ...]:
    """Pick the cases whose name begins with one of these; None: all.

    Raises:
        InputError: A name that no case begins with.
    """
    cases = corpus()
    for name in names or ():
        if not any(case.name.startswith(name) for case in cases):
            raise InputError(
                found=f"the scenario {name!r}",
                expected=f"the beginning of one of: {', '.join(case.name for case in cases)}",
                hint="leave --scenarios out for all",
            )
    return tuple(c for c in cases if names is None or any(map(c.name.startswith, names)))
