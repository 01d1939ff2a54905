"""The names of the indices in which flow-framework keeps its workflows (docs/reference/plugin.md, "Search")."""

from typing import Final

TEMPLATE_INDEX: Final = ".plugins-flow-framework-templates"
STATE_INDEX: Final = ".plugins-flow-framework-state"
