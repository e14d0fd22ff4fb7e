from .charts import draw as draw
from .charts import plot_counts as plot_counts
from .charts import plot_coverage as plot_coverage
from .charts import plot_figures as plot_figures
from .charts import plot_latency as plot_latency
from .charts import plot_sources as plot_sources
from .charts import plot_times as plot_times
