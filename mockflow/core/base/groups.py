"""Items in groups: a mapping of mappings, in which no group is empty."""

from typing import TypeVar

K = TypeVar("K")
Item = TypeVar("Item")
Value = TypeVar("Value")


def remove_from(groups: dict[K, dict[Item, Value]], key: K, item: Item) -> None:
    """Removes an item from its group, if it is there, and the group with its last item."""
    group = groups.get(key, {})
    group.pop(item, None)
    if not group:
        groups.pop(key, None)
