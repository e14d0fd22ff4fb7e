from .contract.overrides import OVERRIDES as OVERRIDES
from .contract.overrides import read_overrides as read_overrides
from .echoes import tell_echoes as tell_echoes
from .samples import compare as compare
from .samples import items as items
from .samples import schema_of as schema_of
