from .server import Sandbox as Sandbox
from .simulators import SIMULATORS as SIMULATORS
