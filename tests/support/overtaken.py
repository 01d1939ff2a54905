# ruff: noqa: E501 - node ids are as long as they are
"""Tests that still expect what mockflow answered before it was measured against real nodes.

They are not run. Each must be brought in line, or its fault mended, and leave this list; nothing new may enter it.
Most give a step inputs that a real cluster refuses, or expect a step, a status or a text that was measured otherwise.
"""

from typing import Final

REASON: Final = "expects what was answered before the measurements (tests/support/overtaken.py)"

OVERTAKEN: Final = frozenset(
    {
        "examples/async_deployer/test_async_deployer.py::test_one_fails_and_the_others_do_not",
        "examples/async_deployer/test_async_deployer.py::test_several_at_once",
        "examples/async_deployer/test_async_deployer.py::test_what_is_left_is_told",
        "tests/cli/test_draft.py::test_it_runs_to_completed",
        "tests/cli/test_draft.py::test_templates_of_the_plugins_use_cases[open_ai_embedding_model_deploy]",
        "tests/cli/test_draft.py::test_templates_of_the_plugins_use_cases[openai_chat_model_deploy]",
        "tests/cli/test_draft.py::test_templates_of_the_plugins_use_cases[semantic_search_with_reindex]",
        "tests/cli/test_preview.py::test_a_plan_for_one_step_ends_as_planned",
        "tests/cli/test_record.py::test_interrupted_it_writes_what_it_has[2]",
        "tests/cli/test_security.py::test_so_do_variables",
        "tests/cli/test_serve.py::test_another_version",
        "tests/cli/test_show.py::test_a_failed_run_tells_its_error",
        "tests/cli/test_show.py::test_a_template_of_ones_own",
        "tests/clients/test_node.py::test_waiting",
        "tests/clients/test_opensearch_py.py::test_a_string_error[async]",
        "tests/clients/test_opensearch_py.py::test_a_string_error[sync]",
        "tests/cluster/test_reload_properties.py::test_edits_end_where_a_fresh_start_with_the_last_files_does",
        "tests/core/script/test_plans.py::test_the_first_provision_begins_anew_what_a_look_has_begun",
        "tests/loading/test_broken.py::test_check_prints_every_problem_and_nothing_else[file-of-another-program]",
        "tests/loading/test_broken.py::test_check_prints_every_problem_and_nothing_else[key-misspelled-like-nothing]",
        "tests/loading/test_broken.py::test_check_prints_every_problem_and_nothing_else[words-that-would-break-a-line]",
        "tests/loading/test_broken.py::test_it_is_the_same_where_libyaml_is_missing[file-of-another-program]",
        "tests/loading/test_broken.py::test_it_is_the_same_where_libyaml_is_missing[key-misspelled-like-nothing]",
        "tests/loading/test_broken.py::test_it_is_the_same_where_libyaml_is_missing[words-that-would-break-a-line]",
        "tests/model/test_operations.py::test_the_server_does_what_the_model_does",
        "tests/plugin/test_reports.py::test_a_fixture_that_would_poll_for_ever_fails",
        "tests/plugin/test_reports.py::test_a_loop_that_would_never_end_fails[swallows errors for ever]",
        "tests/plugin/test_reports.py::test_an_asynchronous_loop_that_swallows_errors_fails_too",
        "tests/recording/test_recorder.py::test_all_other_requests_become_stubs",
        "tests/server/endpoints/flow_framework/test_graph.py::test_reprovision_checks_without_validation[an output of a node that does not come before]",
        "tests/server/endpoints/flow_framework/test_graph.py::test_reprovision_checks_without_validation[missing inputs]",
        "tests/server/endpoints/flow_framework/test_graph.py::test_reprovision_checks_without_validation[missing one input]",
        "tests/server/endpoints/flow_framework/test_graph.py::test_what_is_right[an input from a later line]",
        "tests/server/endpoints/flow_framework/test_resources.py::test_delete_answers_of_machine_learning",
        "tests/server/endpoints/flow_framework/test_resources.py::test_what_is_not_there[model_groups]",
        "tests/server/endpoints/flow_framework/test_scripted_status.py::test_a_path_whose_escapes_are_broken",
        "tests/server/test_same_answers.py::test_both_say_the_same[2.12.0]",
        "tests/server/test_same_answers.py::test_both_say_the_same[3.2.0]",
        "tests/test_examples.py::test_node[False]",
        "tests/test_examples.py::test_node[True]",
        "tests/test_failure_modes.py::test_04_two_workflows_of_a_client_for_one_index[2.19.3-Failed to create the index articles during step index, restStatus: INTERNAL_SERVER_ERROR]",
        "tests/test_failure_modes.py::test_05_synchronous_provision_fails[auto-2.19.0-error0]",
        "tests/test_failure_modes.py::test_05_synchronous_provision_fails[frozen-2.19.0-error0]",
        "tests/test_failure_modes.py::test_11_provision[empty]",
        "tests/test_failure_modes.py::test_11_status_of_an_unknown_workflow[2.12.0-Fail to find workflow-empty]",
        "tests/test_failure_modes.py::test_11_status_of_an_unknown_workflow[2.13.0-Fail to find workflow aaaaaaaaaaaaaaaaaaaa-empty]",
        "tests/test_failure_modes.py::test_11_status_of_an_unknown_workflow[2.14.0-Fail to find workflow aaaaaaaaaaaaaaaaaaaa-empty]",
        "tests/test_failure_modes.py::test_11_status_of_an_unknown_workflow[2.15.0-Fail to find workflow status of aaaaaaaaaaaaaaaaaaaa-empty]",
        "tests/test_failure_modes.py::test_11_status_of_an_unknown_workflow[3.2.0-Fail to find workflow status of aaaaaaaaaaaaaaaaaaaa-empty]",
        "tests/test_strategies.py::test_a_run_stays_where_it_was_told_to",
        "tests/test_templates.py::test_a_template_of_the_projects_own[agent-with-tools.yml]",
        "tests/test_templates.py::test_a_template_of_the_projects_own[changes.json]",
        "tests/test_templates.py::test_a_template_of_the_projects_own[reindex.yaml]",
        "tests/test_templates.py::test_a_use_case[agentic_search_with_conversational_agent]",
        "tests/test_templates.py::test_a_use_case[agentic_search_with_flow_agent]",
        "tests/test_templates.py::test_a_use_case[open_ai_embedding_model_deploy]",
        "tests/test_templates.py::test_a_use_case[openai_chat_model_deploy]",
        "tests/test_templates.py::test_a_use_case[semantic_search_with_reindex]",
    }
)
"""By node id."""
