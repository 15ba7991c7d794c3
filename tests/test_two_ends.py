"""The device and the host, joined by the virtual radio: what one decides, the other decides."""

import pytest

from posturecore import frames
from posturecore.calibrate import DONE, MOVING
from posturecore.coach import OUTCOMES
from posturecore.decide import KIND_BEND, KIND_SLOUCH
from posturecore.patterns import AWAKE, CALIBRATED, PATTERNS
from tests.two_ends import SELF_TEST_SAMPLES, worn
from tests.worn_tape import write_worn
from trunkline.device.download import download
from trunkline.errors import InputError
from trunkline.protocol.events import Calibration, CueFrame, Decisions, SettingsFrame
from trunkline.protocol.records import Doubt


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    return write_worn(tmp_path_factory.mktemp("worn") / "tape")


@pytest.fixture
async def ends(tmp_path, tape):
    async with worn(tmp_path, tape) as ends:
        yield ends


# Decisions


async def test_device_and_host_decide_alike_for_five_minutes(ends):
    board = ends.board
    async with ends.session(neutral=None) as session:
        await session.change_settings({"slouch_hold_s": 5, "slouch_refractory_s": 10})
        await board.play(2000)
        pending = await session.start_calibration()
        await board.play(145_130)
        assert (await pending).code == DONE
        await session.change_settings({"slouch_entry_cdeg": 1500, "slouch_hold_s": 8})
        await board.play(300_000)
        status, compared = await ends.finish(session)
    assert compared.differences == []
    assert compared.blocks >= 2990
    kinds = [row[0] for row in ends.mirror.device_episodes]
    assert (kinds.count(KIND_SLOUCH), kinds.count(KIND_BEND)) == (2, 2)
    felt = [cue for cue in ends.of(CueFrame) if cue.outcome == 0]
    assert {cue.reason for cue in felt} == {0, 1}
    told = [AWAKE, CALIBRATED, *(cue.pattern for cue in felt)]  # switched on; the pose is taken
    assert len([change for change in board.motor_log if change.duty_u16]) == sum(
        len(PATTERNS[pattern][::2]) for pattern in told
    )
    assert (status.samples_lost, status.frames_dropped, status.imu_faults) == (0, 0, 0)
    assert (status.is_calibrated, status.sample_index) == (1, 18_000 - SELF_TEST_SAMPLES)
    assert session.counts == {"good": session.counts["good"]}


async def test_settings_hold_from_the_block_that_the_device_names(ends):
    async with ends.session() as session:
        await ends.board.play(50_000)  # in a slouch, long since begun, held for less than 60 s
        await session.change_settings({"slouch_hold_s": 5})
        named = ends.of(SettingsFrame)[-1].from_block
        await ends.board.play(90_000)
        _, compared = await ends.finish(session)
    assert named == (3000 - SELF_TEST_SAMPLES) // 6  # the next block
    assert compared.is_identical, compared.differences[:3]
    first_prolonged = min(
        event.block_index + k
        for event in ends.of(Decisions)
        for k, item in enumerate(event.items)
        if item[3] == 2
    )
    assert first_prolonged - named in range(49, 52)


async def test_calibration_is_refused_while_moving(ends):
    async with ends.session(neutral=None) as session:
        await ends.board.play(121_000)
        pending = await session.start_calibration()
        with pytest.raises(InputError, match="busy"):
            await session.command(frames.CALIBRATE, (0, 0))
        await ends.board.play(127_000)
        assert (await pending).code == MOVING
        assert (await session.status()).is_calibrated == 0


async def test_given_neutral_moves_both_ends(ends):
    async with ends.session() as session:
        await ends.board.play(20_000)
        await session.set_neutral((15404, 0, -5607), "sit")  # 20° forward of the first
        await ends.board.play(30_000)
        _, compared = await ends.finish(session)
    assert compared.is_identical, compared.differences[:3]
    assert ends.mirror.neutral == (15404, 0, -5607)
    assert ends.of(Decisions)[-1].items[-1][0] == pytest.approx(-2000, abs=30)


@pytest.mark.parametrize("trim", [-12, 12])
async def test_chip_with_another_clock_is_decided_alike(tmp_path, tape, trim):
    async with worn(tmp_path, tape, TRUNKLINE_SIM_INTERNAL_FREQ=str(trim)) as ends:
        async with ends.session() as session:
            await session.change_settings({"slouch_hold_s": 5})
            await ends.board.play(110_000)
            status, compared = await ends.finish(session)
        assert session.info.rate_mhz == 60000 + 78 * trim
    assert compared.is_identical, compared.differences[:3]
    assert compared.events >= 3
    assert status.sample_index == pytest.approx(109.35 * session.info.rate_mhz / 1000, abs=13)


async def test_clock_that_wraps_changes_no_decision(tmp_path, tape):
    env = {"TRUNKLINE_SIM_TICKS_START_MS": str(2**30 - 40_000)}
    async with worn(tmp_path, tape, **env) as ends, ends.session() as session:
        await session.change_settings({"slouch_hold_s": 5})
        await ends.board.play(80_000)
        status, compared = await ends.finish(session)
    assert compared.is_identical, compared.differences[:3]
    assert (status.uptime_ms, status.samples_lost) == (80_000, 0)


async def test_calibration_result_reaches_the_host_that_asked(ends):
    async with ends.session(neutral=None) as session:
        await ends.board.play(2000)
        pending = await session.start_calibration("sit")
        await ends.board.play(8000)
        result = await pending
        _, compared = await ends.finish(session)
    assert isinstance(result, Calibration)
    assert (result.neutral, result.code) == (frames.NEUTRALS.index("sit"), DONE)
    assert result.up_x == pytest.approx(16393, abs=20)
    assert compared.is_identical, compared.differences[:3]


# Doubt

# A strap that has slipped by 14°: upright as calibrated, a walk, a rest on a wall, a seat.
SLIPPED = (
    (0, 0),
    (20, 0),
    (22, 14),
    (60, 14),
    (62, 0),
    (72, 0),
    (74, 17),
    (92, 17),
    (94, 0),
    (99, 0),
)


async def test_a_host_that_comes_after_the_walk_holds_back_the_same_cues(tmp_path):
    slipped = write_worn(tmp_path / "tape", SLIPPED, (22, 58))
    async with worn(tmp_path, slipped) as ends:
        async with ends.session() as session:
            await session.change_settings({"slouch_hold_s": 5, "slouch_refractory_s": 10})
            await ends.board.play(64_000)
            _, alone = await ends.finish(session)
        assert alone.is_identical, alone.differences[:3]
        ((at, doubt_cdeg),) = ends.mirror.replay.decisions.doubts
        async with ends.session(neutral=None) as session:
            await ends.board.play(95_000)
            _, compared = await ends.finish(session)
            told = [event.doubt_cdeg for event in ends.of(Doubt)]
            cues = [OUTCOMES[cue.outcome] for cue in ends.of(CueFrame)]
            await session.set_neutral((15906, 0, -3966))  # as the case stands now
            assert ends.of(Doubt)[-1].doubt_cdeg == 0
            kept = [record.event async for record in download(session)]
    assert compared.differences == []
    assert doubt_cdeg == pytest.approx(900, abs=30)
    assert told == [doubt_cdeg]
    assert cues == ["held back: the sensor may have slipped"] * 2
    in_log = [event for event in kept if isinstance(event, Doubt)]
    assert (in_log[0].block_index, in_log[0].doubt_cdeg) == (at, doubt_cdeg)
    assert [e.doubt_cdeg for e in in_log] == [doubt_cdeg, 0]


# Motor


async def test_haptic_command_is_felt_and_the_next_one_refused(ends):
    async with ends.session() as session:
        await ends.board.play(3000)  # the words of the start are over
        await session.vibrate("identify")
        await ends.board.play(6000)
        with pytest.raises(InputError, match="busy"):
            await session.vibrate("identify")
        assert [cue.outcome for cue in ends.of(CueFrame)] == [0]
        await ends.board.play(17_000)
        await session.vibrate("identify")
    changes = [(c.time_ms - 3000, c.duty_u16 > 0) for c in ends.board.motor_log]
    changes = [change for change in changes if change[0] >= 0]
    assert changes[:6] == [
        (0, True),
        (500, False),
        (800, True),
        (1300, False),
        (1600, True),
        (2100, False),
    ]
