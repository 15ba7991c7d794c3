"""The minutes a device logs, and those a host counts in its replay, are the same."""

from posturecore.decide import Decider
from posturecore.minutes import Minutes
from posturecore.scales import NOMINAL_RATE_MHZ
from tests.bench.flash import minutes_of
from trunkline.decide.blocks import lay_out
from trunkline.decide.counts import to_stretches
from trunkline.decide.neutral import find_neutral
from trunkline.decide.replay import Replay, complete_settings
from trunkline.filter.gravity import gravity
from trunkline.wearer import simulate


def test_minutes_of_a_replay_are_those_of_the_device():
    worn = simulate("household", 3, duration_s=780).recording.in_sensor_frame()
    blocks, _ = lay_out(to_stretches(worn, gravity(worn, mode="offline", gaps=worn.gaps)))
    settings = complete_settings(None, worn.placement)
    up, _ = find_neutral(blocks, settings)
    replay, decider = Replay(settings), Decider(settings, NOMINAL_RATE_MHZ)
    replay.set_neutral(up)
    decider.set_neutral(up)
    minutes, logged = Minutes(NOMINAL_RATE_MHZ), []
    for at, block in enumerate(map(tuple, blocks.tolist())):
        decider.block(block)
        record = minutes.block(at, at * 100, decider.flexion_cdeg, decider.context)
        logged += [record] if record else []
    logged.append(minutes.finish())
    replay.blocks(blocks[:6000])
    replay.blocks(blocks[6000:])
    found = [
        record for _, (_, *record) in minutes_of(replay.decisions.verdicts.array().tolist(), 0)
    ]
    assert [tuple(record) for record in found] == logged
    assert len(logged) == 2
    assert sum(map(sum, (item[:-1] for _, items in logged for item in items))) > 7000
