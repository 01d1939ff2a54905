# ruff: noqa: E501 - node ids are as long as they are
"""Tests that still expect what mockflow answered before it was measured against real nodes.

They are not run. Each must be brought in line, or its fault mended, and leave this list; nothing new may enter it.
Most give a step inputs that a real cluster refuses, or expect a step, a status or a text that was measured otherwise.
"""

from typing import Final

REASON: Final = "expects what was answered before the measurements (tests/support/overtaken.py)"

OVERTAKEN: Final = frozenset(
    {
        "tests/cli/test_security.py::test_so_do_variables",
        "tests/cli/test_serve.py::test_another_version",
        "tests/clients/test_opensearch_py.py::test_a_string_error[async]",
        "tests/clients/test_opensearch_py.py::test_a_string_error[sync]",
        "tests/model/test_operations.py::test_the_server_does_what_the_model_does",
        "tests/plugin/test_reports.py::test_a_fixture_that_would_poll_for_ever_fails",
        "tests/plugin/test_reports.py::test_a_loop_that_would_never_end_fails[swallows errors for ever]",
        "tests/plugin/test_reports.py::test_an_asynchronous_loop_that_swallows_errors_fails_too",
        "tests/recording/test_recorder.py::test_all_other_requests_become_stubs",
        "tests/server/endpoints/flow_framework/test_graph.py::test_reprovision_checks_without_validation[an output of a node that does not come before]",
        "tests/server/endpoints/flow_framework/test_graph.py::test_reprovision_checks_without_validation[missing inputs]",
        "tests/server/endpoints/flow_framework/test_graph.py::test_reprovision_checks_without_validation[missing one input]",
        "tests/server/endpoints/flow_framework/test_resources.py::test_what_is_not_there[model_groups]",
        "tests/server/endpoints/flow_framework/test_scripted_status.py::test_a_path_whose_escapes_are_broken",
        "tests/server/test_same_answers.py::test_both_say_the_same[2.12.0]",
        "tests/server/test_same_answers.py::test_both_say_the_same[3.2.0]",
        "tests/test_failure_modes.py::test_05_synchronous_provision_fails[auto-2.19.0-error0]",
        "tests/test_failure_modes.py::test_05_synchronous_provision_fails[frozen-2.19.0-error0]",
        "tests/test_failure_modes.py::test_11_provision[empty]",
        "tests/test_failure_modes.py::test_11_status_of_an_unknown_workflow[2.12.0-Fail to find workflow-empty]",
        "tests/test_failure_modes.py::test_11_status_of_an_unknown_workflow[2.13.0-Fail to find workflow aaaaaaaaaaaaaaaaaaaa-empty]",
        "tests/test_failure_modes.py::test_11_status_of_an_unknown_workflow[2.14.0-Fail to find workflow aaaaaaaaaaaaaaaaaaaa-empty]",
        "tests/test_failure_modes.py::test_11_status_of_an_unknown_workflow[2.15.0-Fail to find workflow status of aaaaaaaaaaaaaaaaaaaa-empty]",
        "tests/test_failure_modes.py::test_11_status_of_an_unknown_workflow[3.2.0-Fail to find workflow status of aaaaaaaaaaaaaaaaaaaa-empty]",
    }
)
"""By node id."""
