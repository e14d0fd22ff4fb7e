from .order import Row as Row
from .order import fails as fails
from .order import gather as gather
from .rules import lint as lint
