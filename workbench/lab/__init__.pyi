from .live import follow_receipts as follow_receipts
from .magics import load_ipython_extension as load_ipython_extension
from .magics import unload_ipython_extension as unload_ipython_extension
from .trial import Trial as Trial
from .trial import try_payload as try_payload
from .trial import try_sample as try_sample
