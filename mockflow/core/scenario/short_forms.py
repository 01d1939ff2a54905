"""Short forms of mappings (one word, text or time) in the JSON Schemas of the models."""

from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.faults import model as faults
from mockflow.core.scenario import match, model_scripts
from mockflow.core.script import plan
from mockflow.core.stubs import model as stubs

SHORT_FORMS: Final[Mapping[str, Mapping[str, Any]]] = {
    **{name: {"const": word} for name, word in (match.SHORT_FORMS | plan.SHORT_FORMS).items()},
    **faults.SHORT_FORMS,
    **stubs.SHORT_FORMS,
    **model_scripts.SHORT_FORMS,
}
LISTS: Final = {**stubs.LISTS, **model_scripts.LISTS}


def allow_short_forms(schemas: dict[str, Any]) -> None:
    """Adds the short forms to the JSON Schemas of models, by name."""
    for name in [name for name in SHORT_FORMS if name in schemas]:
        model = schemas[name]
        schemas[name] = {"description": model.pop("description"), "anyOf": [dict(SHORT_FORMS[name]), model]}
    for name in [name for name in LISTS if name in schemas]:
        for key in LISTS[name]:
            listed = schemas[name]["properties"][key]
            described = {"description": listed.pop("description")}
            schemas[name]["properties"][key] = {**described, "anyOf": [dict(listed["items"]), listed]}
