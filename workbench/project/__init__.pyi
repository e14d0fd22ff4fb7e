from .layout import lay_out as lay_out
from .layout import list_variables as list_variables
