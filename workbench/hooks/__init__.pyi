from .hook_process import FILE as FILE
from .hook_process import Function as Function
from .hook_process import HookProcess as HookProcess
