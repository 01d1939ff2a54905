"""Durations for drafts: each step has one, below the time-out at which the plugin gives it up."""

import pytest

from mockflow.core.base.durations import parse_duration
from mockflow.core.plugin.graph import node_timeout
from mockflow.core.plugin.steps import STEPS
from mockflow.core.plugin.template import Node
from mockflow.core.plugin.typical import WORK, typical_work


def test_every_step_has_its_kind_of_work() -> None:
    assert WORK.keys() == STEPS.keys()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("inputs", [{}, {"deploy": True}, {"deploy": "true"}, {"node_timeout": "30ms"}])
def test_no_step_reaches_its_time_out(step: str, inputs: dict[str, object]) -> None:
    node = Node("n", step, user_inputs=inputs)
    assert 0 < parse_duration(typical_work(node).takes) < node_timeout(node)


def test_registering_with_deploy_takes_longer() -> None:
    for deploy in (True, "true"):
        plain, deployed = Node("n", "register_remote_model"), Node("n", "register_remote_model", {}, {"deploy": deploy})
        assert parse_duration(typical_work(deployed).takes) > parse_duration(typical_work(plain).takes)
    assert typical_work(Node("n", "register_remote_model", {}, {"deploy": False})).takes == "1000ms"
