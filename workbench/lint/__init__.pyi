from .rules import LintRow as LintRow
from .rules import fails as fails
from .rules import gather as gather
from .rules import lint as lint
