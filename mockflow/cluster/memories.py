"""Memories of conversations and their messages, as ML Commons keeps them for programs and agents.

All functions raise RefusedError where ML Commons refuses (docs/reference/opensearch.md, "ML Commons").
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Final

from mockflow.cluster import machine_learning
from mockflow.cluster.world import World
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.plugin.resources import Made

MEMORY: Final = "memory"
MESSAGE: Final = "message"
_TEXTS: Final = ("input", "prompt_template", "response", "origin")
_MORE: Final = ("additional_info", "parent_message_id", "trace_number")
_CHANGEABLE: Final = {MEMORY: ("name", "application_type"), MESSAGE: ("additional_info",)}


def create(world: World, body: Mapping[str, Any], user: str | None, tenant_id: str | None) -> Made:
    """A new memory. One without a name is empty, whatever else is given."""
    given = body if body.get("name") is not None else {}
    inputs = {"name": str(given.get("name", "")), **({"user": user} if user else {})}
    inputs |= {name: given[name] for name in ("application_type", "additional_info") if given.get(name) is not None}
    return machine_learning.add(world, MEMORY, inputs, tenant_id)


def add_message(world: World, memory_id: str, body: Mapping[str, Any], tenant_id: str | None) -> Made:
    """A new message, or a trace of one: a message with a parent and a number."""
    for name in body:
        if name not in _TEXTS + _MORE:
            raise RefusedError(f"Invalid field [{name}] found in request body")
    if not any(str(body.get(name) or "").strip() for name in _TEXTS) and not body.get("additional_info"):
        raise RefusedError(
            "At least one of the following parameters must be non-empty: input, prompt_template, response, origin, "
            "additional_info"
        )
    inputs = {"memory_id": memory_id, **dict.fromkeys(_TEXTS), "additional_info": {}, **body}
    return machine_learning.add(world, MESSAGE, inputs, tenant_id)


def remember(
    world: World, agent: Made, memory_id: str | None, exchanged: tuple[str, str], user: str | None
) -> tuple[str, str]:
    """What an agent with a memory keeps of a question and its answer: the ids of the memory and of the message.

    Without a memory's id there is a new one, whose name is the question.
    """
    question, answer = exchanged
    app = {"application_type": agent.inputs["app_type"]} if agent.inputs.get("app_type") else {}
    if memory_id is None:
        memory_id = create(world, {"name": question, **app}, user, agent.tenant_id).id
    elif world.resources.find((MEMORY, memory_id)) is None:
        raise RefusedError(f"Conversation [{memory_id}] not found", "ResourceNotFoundException", "NOT_FOUND")
    origin = {"origin": app["application_type"]} if app else {}
    inputs = {"memory_id": memory_id, **dict.fromkeys(_TEXTS), "input": question, "response": answer, **origin}
    return memory_id, machine_learning.add(world, MESSAGE, {**inputs, "additional_info": {}}, agent.tenant_id).id


def change(world: World, made: Made, body: Mapping[str, Any]) -> None:
    """Changes a memory or a message; what may not be changed is passed over."""
    changes = {name: body[name] for name in _CHANGEABLE[made.kind] if name in body}
    for name, value in changes.items():
        if isinstance(value, Mapping) and isinstance(made.inputs.get(name), Mapping):
            changes[name] = {**made.inputs[name], **value}
    world.resources.put(replace(made, inputs={**made.inputs, **changes}, changed=world.now()))


def delete(world: World, memory: Made) -> None:
    """Deletes a memory and its messages. The traces of messages stay."""
    for message in tuple(messages(world, memory.id)):
        world.resources.delete(message.key)
    world.resources.delete(memory.key)


def memories(world: World, user: str | None) -> list[Made]:
    """The memories of the user, or all where there are no users: the one that was changed last first."""
    found = [made for made in world.resources.all_of(MEMORY) if user is None or made.inputs.get("user") == user]
    order = {made.key: (made.since, number) for number, made in enumerate(found)}
    return sorted(found, key=lambda made: order[made.key], reverse=True)


def messages(world: World, memory_id: str) -> Iterator[Made]:
    """The messages of a memory, the oldest first, without traces."""
    for made in world.resources.all_of(MESSAGE):
        if made.inputs["memory_id"] == memory_id and made.inputs.get("trace_number") is None:
            yield made


def traces(world: World, message_id: str) -> list[Made]:
    """The traces of a message, by their numbers."""
    found = [
        made
        for made in world.resources.all_of(MESSAGE)
        if made.inputs.get("parent_message_id") == message_id and made.inputs.get("trace_number") is not None
    ]
    return sorted(found, key=lambda made: int(made.inputs["trace_number"]))


def memory_document(made: Made) -> dict[str, Any]:
    """What the index of memories has."""
    times = {"create_time": _instant(made.created), "updated_time": _instant(made.since)}
    return {**times, **made.inputs}


def message_document(made: Made) -> dict[str, Any]:
    """What the index of messages has."""
    inputs = dict(made.inputs)
    memory_id = inputs.pop("memory_id")
    return {"memory_id": memory_id, "create_time": _instant(made.created), **inputs}


def _instant(epoch_ms: int) -> str:
    """A time as Java writes an Instant: without a fraction if that is zero."""
    moment = datetime.fromtimestamp(epoch_ms // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{epoch_ms % 1000:03}Z" if epoch_ms % 1000 else f"{moment}Z"
