"""The simulated wearer: a person's day as a sensor on the back would record it, with its truth."""

from trunkline.wearer.activities import ACTIVITIES, STATES, VOCABULARY
from trunkline.wearer.day import SimulatedDay, Truth
from trunkline.wearer.events import Event
from trunkline.wearer.scenario import Scenario, scenario_names
from trunkline.wearer.sensor import Imu, Tissue
from trunkline.wearer.simulation import simulate, simulate_desk_hour

__all__ = [
    "ACTIVITIES",
    "STATES",
    "VOCABULARY",
    "Event",
    "Imu",
    "Scenario",
    "SimulatedDay",
    "Tissue",
    "Truth",
    "scenario_names",
    "simulate",
    "simulate_desk_hour",
]
