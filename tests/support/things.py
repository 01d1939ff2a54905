"""A workflow that makes an index, a model and an agent, from the second on."""

from typing import Final

THINGS: Final = """
scenario: things
workflow_id: t
template:
  name: things
  workflows:
    provision:
      nodes:
        - id: model
          type: register_remote_model
          user_inputs: {name: chat model, connector_id: c1, function_name: remote, deploy: true}
        - {id: index, type: create_index, user_inputs: {index_name: books, configurations: '{}'}}
        - id: agent
          type: register_agent
          user_inputs: {name: librarian, type: flow}
provision:
  timeline:
    - {at: 0s, state: PROVISIONING}
    - at: 1s
      created:
        - {workflow_step_name: create_index, workflow_step_id: index, resource_id: books}
        - {workflow_step_name: register_remote_model, workflow_step_id: model, resource_id: m1}
    - at: 2s
      state: COMPLETED
      created:
        - {workflow_step_name: deploy_model, workflow_step_id: model, resource_id: m1}
        - {workflow_step_name: register_agent, workflow_step_id: agent, resource_id: a1}
"""
