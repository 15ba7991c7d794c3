"""A body that leans, turns and travels, and what a perfect sensor on it feels.

Each segment's long axis, and the sensor, have an attitude R = Rx(yaw) · Rz(lateral) · Ry(−flexion)
from the sensor frame (x up, y right, z forward) to a world with the same axes at the start.
Forward flexion is a negative rotation about y, because y × z = x: a positive one would lift the
forward axis. The sensor stands at the end of the chain hip, pelvis, lumbar, thoracic, neck, cut at
its placement, so

    position  p = travel + Rx(heading) · (hip + Σ length · R x)
    force     f = Rᵀ (p'' + g up)
    rate      ω = yaw' u + lateral' (sin θ, 0, cos θ) − θ' (0, 1, 0),   u = Rᵀ up

All derivatives are exact: see `jet`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trunkline.recordings.units import STANDARD_GRAVITY_M_S2
from trunkline.wearer import spine
from trunkline.wearer.jet import Jet
from trunkline.wearer.track import Track

FloatArray = NDArray[np.float64]
Vector = tuple[Jet, Jet, Jet]

_FLEXION = ("slouch", "bow", "tilt", "pelvis")
_HIP = ("up", "right", "forward")
_MOUNT = ("mount_flexion", "mount_lateral", "mount_yaw")
_OTHER = ("side", "roll", "twist", "heading", "speed", "breath", "worn")


@dataclass(frozen=True, eq=False)
class Felt:
    """Hold one window of what a sensor feels and where it is.

    Attributes:
        force_m_s2: Specific force in the case's axes, (N, 3).
        rate_rad_s: Angular rate in the case's axes, (N, 3).
        up: The unit vector that points up, in the case's axes, (N, 3).
        angles_rad: Flexion, lateral lean and yaw of the back below the case, (N, 3).
        offset_m: Where the sensor is beside the path of the feet: up, right, forward, (N, 3).
        velocity_m_s: Its velocity in the world, the path's included, (N, 3).
    """

    force_m_s2: FloatArray
    rate_rad_s: FloatArray
    up: FloatArray
    angles_rad: FloatArray
    offset_m: FloatArray
    velocity_m_s: FloatArray


class Body:
    """Hold the tracks of a wearer; activities add to them, `feel` reads them.

    Angles are radians, positions metres. `slouch`, `bow`, `tilt` and `pelvis` flex the trunk as
    `spine` says, `side` and `twist` bend and turn it above the pelvis, `roll` leans and `heading`
    turns all of it; `up`, `right` and `forward` move the hip along the heading; `speed` is that of
    the feet; `breath` is breathing; `worn` is 1 on a back and 0 off it; `mount_*` turn the case
    on the skin.
    """

    def __init__(self, placement: str, stature_m: float) -> None:
        """Stand upright and still."""
        self.placement = placement
        self.stature_m = stature_m
        self.lever_m = spine.LEVER_BY_STATURE[placement] * stature_m
        names = (*_FLEXION, *_HIP, *_MOUNT, *_OTHER)
        self._tracks = {name: Track(1.0 if name == "worn" else 0.0) for name in names}

    def __getitem__(self, name: str) -> Track:
        """Give a track to add to."""
        return self._tracks[name]

    def feel(self, time_s: FloatArray) -> Felt:
        """Compute what a perfect sensor feels at these moments, in seconds, increasing."""
        jets = {name: track.read(time_s) for name, track in self._tracks.items()}
        offset = self._offset(jets)
        sine, cosine = jets["heading"].sine_cosine()
        speed_right, speed_forward = jets["speed"] * sine * -1.0, jets["speed"] * cosine
        acceleration = _columns(*(axis.acceleration for axis in offset))
        acceleration += _columns(None, speed_right.rate, speed_forward.rate)
        acceleration[:, 0] += STANDARD_GRAVITY_M_S2
        velocity = _columns(*(axis.rate for axis in offset))
        velocity += _columns(None, speed_right.value, speed_forward.value)
        angles = self._seen(jets)
        force, rate, up = _turned(acceleration, angles)
        mount = (jets[_MOUNT[0]], jets[_MOUNT[1]], jets[_MOUNT[2]])
        if any(jet.value.any() for jet in mount):
            # A vector that stands still on the back turns in the case, and the other way round.
            up = _turned(up, mount)[0]
            force, own_rate, _ = _turned(force, mount)
            rate = _turned(rate, mount)[0] + own_rate
        return Felt(
            force,
            rate,
            up,
            _columns(*(angle.value for angle in angles)),
            _columns(*(axis.value for axis in offset)),
            velocity,
        )

    def _offset(self, jets: dict[str, Jet]) -> Vector:
        """Add up the chain from the feet's path to the sensor, in the world's axes."""
        up, right, forward = (jets[name] for name in _HIP)
        reach = spine.PLACEMENTS.index(self.placement) + 1
        for segment in range(reach):
            length_m = float(spine.LENGTH_BY_STATURE[segment]) * self.stature_m
            flexion = _sum(jets, (*_FLEXION, "breath"), segment)
            lateral = _sum(jets, ("side",), segment) + jets["roll"]
            x, y, z = _long_axis(flexion, lateral, _sum(jets, ("twist",), segment))
            up, right, forward = up + x * length_m, right + y * length_m, forward + z * length_m
        sine, cosine = jets["heading"].sine_cosine()
        return up, right * cosine - forward * sine, right * sine + forward * cosine

    def _seen(self, jets: dict[str, Jet]) -> Vector:
        """Give flexion, lateral lean and yaw of the back at the placement."""
        flexion, lateral, yaw = (
            Jet.still(0.0, len(jets["up"].value)),
            jets["roll"],
            jets["heading"],
        )
        for name in (*_FLEXION, "breath"):
            flexion = flexion + jets[name] * spine.seen_by(self.placement, name)
        lateral = lateral + jets["side"] * spine.seen_by(self.placement, "side")
        yaw = yaw + jets["twist"] * spine.seen_by(self.placement, "twist")
        return flexion, lateral, yaw


_SHARES = {posture: spine.segment_shares(posture) for posture in spine.POSTURES}


def _sum(jets: dict[str, Jet], postures: tuple[str, ...], segment: int) -> Jet:
    total = jets[postures[0]] * float(_SHARES[postures[0]][segment])
    for posture in postures[1:]:
        total = total + jets[posture] * float(_SHARES[posture][segment])
    return total


def _long_axis(flexion: Jet, lateral: Jet, yaw: Jet) -> Vector:
    st, ct = flexion.sine_cosine()
    sp, cp = lateral.sine_cosine()
    sy, cy = yaw.sine_cosine()
    y, z = sp * ct, st
    return cp * ct, y * cy - z * sy, y * sy + z * cy


def _turned(vector: FloatArray, attitude: Vector) -> tuple[FloatArray, FloatArray, FloatArray]:
    """See a vector from a turned frame; also that frame's own rate and its outer x axis."""
    (st, ct), (sp, cp), (sy, cy) = (_sine_cosine(angle) for angle in attitude)
    flexion, lateral, yaw = attitude
    x, y, z = vector.T
    y, z = y * cy + z * sy, z * cy - y * sy
    x, y = x * cp + y * sp, y * cp - x * sp
    seen = _columns(x * ct + z * st, y, z * ct - x * st)
    up = _columns(cp * ct, -sp, -cp * st)
    rate = yaw.rate[:, None] * up + lateral.rate[:, None] * _columns(st, None, ct)
    rate[:, 1] -= flexion.rate
    return seen, rate, up


def _sine_cosine(angle: Jet) -> tuple[FloatArray, FloatArray]:
    return np.sin(angle.value), np.cos(angle.value)


def _columns(x: FloatArray | None, y: FloatArray | None, z: FloatArray | None) -> FloatArray:
    count = max(len(axis) for axis in (x, y, z) if axis is not None)
    table = np.zeros((count, 3))
    for column, axis in enumerate((x, y, z)):
        if axis is not None:
            table[:, column] = axis
    return table
