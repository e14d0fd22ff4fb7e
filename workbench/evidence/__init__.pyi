from .check_table import make_evidence as make_evidence
from .check_table import tell_unreached as tell_unreached
from .echoes import ECHO_CHECK as ECHO_CHECK
from .echoes import tell_echoes as tell_echoes
from .samples import items as items
from .traces import TRACES as TRACES
