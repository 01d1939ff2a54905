"""Configurations of pipelines and processors: properties taken out one by one, with OpenSearch's complaints.

The rules are those of ConfigurationUtils (docs/reference/opensearch.md, "Pipelines").
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from mockflow.core.base.java_hash import hash_map_order
from mockflow.core.opensearch.java import class_name, java_text

PARSE: Final = "parse_exception"
ILLEGAL_ARGUMENT: Final = "illegal_argument_exception"
CLASS_CAST: Final = "class_cast_exception"
WRAPPED: Final = "exception"
"""OpenSearch's own exception around another one, whose class stands in the reason."""


class ConfigurationError(ValueError):
    """A pipeline that OpenSearch refuses: its reason, exact, and the type of the error as REST answers have it.

    `property_name` is the property that the reason names first, where it names one.
    """

    def __init__(self, reason: str, type: str = PARSE, *, property_name: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.type = type
        self.property_name = property_name
        self.processor_type: str | None = None
        """The processor that it is about, if it is one."""


Take = Callable[["Configuration", str], Any]
"""Takes the property of that name out of a configuration; None where it is not there."""


class Configuration:
    """A configuration of which properties are taken. What is left at the end is not supported."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self._left = dict(properties)
        self._size = len(self._left)

    def take(self, name: str) -> Any:
        """The property as it is; None where it is not there or null."""
        return self._left.pop(name, None)

    def take_string(self, name: str) -> str | None:
        value = self.take(name)
        if value is not None and not isinstance(value, str):
            raise wrong_kind(name, "a string", value)
        return value

    def take_boolean(self, name: str) -> bool | None:
        value = self.take(name)
        if value is not None and not isinstance(value, bool):
            raise wrong_kind(name, "a boolean", value)
        return value

    def take_integer(self, name: str) -> int | None:
        """A whole number, also one in a text."""
        value = self.take(name)
        text = java_text(value)
        if value is None:
            return None
        if re.fullmatch(r"[-+]?\d{1,10}", text, re.ASCII) and -(2**31) <= int(text) < 2**31:
            return int(text)
        raise property_error(name, f"property cannot be converted to an int [{text}]")

    def take_double(self, name: str) -> float | None:
        """A number, also one in a text."""
        value = self.take(name)
        if value is None:
            return None
        try:
            return float(java_text(value))
        except ValueError:
            raise property_error(name, f"property cannot be converted to a double [{java_text(value)}]") from None

    def take_list(self, name: str) -> list[Any] | None:
        value = self.take(name)
        if value is not None and not isinstance(value, list):
            raise wrong_kind(name, "a list", value)
        return value

    def take_map(self, name: str) -> dict[str, Any] | None:
        value = self.take(name)
        if value is not None and not isinstance(value, dict):
            raise wrong_kind(name, "a map", value)
        return value

    def left(self) -> str:
        """What was not taken, as ``[a, b]``; empty where everything was."""
        return f"[{', '.join(hash_map_order(self._left, most=self._size))}]" if self._left else ""


STRING: Final[Take] = Configuration.take_string
BOOLEAN: Final[Take] = Configuration.take_boolean
INTEGER: Final[Take] = Configuration.take_integer
DOUBLE: Final[Take] = Configuration.take_double
LIST: Final[Take] = Configuration.take_list
MAP: Final[Take] = Configuration.take_map
OBJECT: Final[Take] = Configuration.take


def required(value: Any, name: str) -> Any:
    """The value, which has to be there."""
    if value is None:
        raise property_error(name, "required property is missing")
    return value


def property_error(name: str, reason: str) -> ConfigurationError:
    return ConfigurationError(f"[{name}] {reason}", property_name=name)


def wrong_kind(name: str, wanted: str, value: Any) -> ConfigurationError:
    return property_error(name, f"property isn't {wanted}, but of type [{class_name(value)}]")


def illegal_argument(reason: str) -> ConfigurationError:
    return ConfigurationError(reason, ILLEGAL_ARGUMENT)
