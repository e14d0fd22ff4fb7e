from .process import CALL_SECONDS as CALL_SECONDS
from .process import FILE as FILE
from .process import Function as Function
from .process import HookProcess as HookProcess
