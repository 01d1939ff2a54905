"""What the clients of every language are made to do."""

from typing import Any, Final

TEMPLATE: Final[dict[str, Any]] = {
    "name": "story",
    "description": "a connector, its model and an index",
    "use_case": "STORY",
    "version": {"template": "1.0.0", "compatibility": ["2.12.0", "3.0.0"]},
    "workflows": {
        "provision": {
            "nodes": [
                {
                    "id": "create_connector_1",
                    "type": "create_connector",
                    "user_inputs": {
                        "name": "chat",
                        "description": "a chat model",
                        "version": "1",
                        "protocol": "http",
                        "parameters": {"model": "gpt"},
                        "credential": {"key": "s3cret"},
                        "actions": [],
                    },
                },
                {
                    "id": "register_model_2",
                    "type": "register_remote_model",
                    "previous_node_inputs": {"create_connector_1": "connector_id"},
                    "user_inputs": {"name": "model", "deploy": True},
                },
                {
                    "id": "create_index_3",
                    "type": "create_index",
                    "user_inputs": {"index_name": "${{ index }}", "configurations": {}},
                },
            ],
            "edges": [{"source": "register_model_2", "dest": "create_index_3"}],
        }
    },
}
STATES: Final = ["PROVISIONING", "PROVISIONING", "PROVISIONING", "COMPLETED"]
"""What four polls tell in mode auto: before any step is done, after the first, the second, the third."""

NEEDS_ALLOW_DELETE: Final = "These resources require the allow_delete parameter to deprovision: [index_name books]."
UNKNOWN: Final = "Fail to find workflow status of nope"
NO_BOOLEAN: Final = "Failed to parse value [True] as only [true] or [false] are allowed."

SCENARIOS: Final = """
scenario: keeps
match: {name: keeps}
deprovision: {keeps: [create_connector_1]}
---
scenario: fails
match: {name: fails}
provision: {steps: {create_connector_1: {fails: {status: TOO_MANY_REQUESTS, message: slow down}}}}
"""
