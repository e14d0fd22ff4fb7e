from .order import LintRow as LintRow
from .order import fails as fails
from .order import gather as gather
from .rules import lint as lint
