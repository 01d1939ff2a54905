"""Any edits end in the world in which the last files would have been there from the start."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mockflow.cluster import Cluster, LoadedScenario, Settings, operations, polling
from mockflow.cluster.changes import changes
from mockflow.core.plugin.template_parser import parse_template
from mockflow.core.scenario.model import Scenario


def template(*indexes: str) -> dict[str, Any]:
    """Steps a and b; each workflow makes indexes of its own, for what a run once met it does not meet anew."""
    nodes = [
        {"id": node, "type": "create_index", "user_inputs": {"index_name": index, "configurations": "{}"}}
        for node, index in zip("ab", indexes, strict=True)
    ]
    return {
        "name": "t",
        "workflows": {"provision": {"nodes": nodes, "edges": [{"source": "a", "dest": "b"}]}},
    }


SCRIPTED = {name: (f"{name}-scripted-1", f"{name}-scripted-2") for name in ("brought", "templated", "matching")}
INDEXES = (*sum(SCRIPTED.values(), ()), "brought-1", "brought-2", "client-1", "client-2")
STATES = ("PROVISIONING", "COMPLETED", "FAILED")


@st.composite
def timelines(draw: st.DrawFn, scenario: str) -> list[dict[str, Any]]:
    keyframes: list[dict[str, Any]] = []
    poll = 0
    for number in range(draw(st.integers(1, 4))):
        keyframe: dict[str, Any] = {"state": draw(st.sampled_from(STATES)), "error": f"e{draw(st.integers(0, 2))}"}
        if draw(st.booleans()):
            poll += draw(st.integers(1, 3))
            keyframe["at_poll"] = poll
        else:
            step = draw(st.integers(1, 4))
            keyframe["at"] = f"+{step}s" if number else f"{step}s"
        if draw(st.booleans()):
            index = draw(st.sampled_from(SCRIPTED[scenario]))
            keyframe["created"] = [
                {"workflow_step_name": "create_index", "workflow_step_id": index, "resource_id": index}
            ]
        keyframes.append(keyframe)
    return keyframes


STEPS = st.dictionaries(
    st.sampled_from(["a", "b", "create_index"]),
    st.one_of(
        st.builds(lambda seconds: {"takes": f"{seconds}s"}, st.integers(0, 5)),
        st.just({"fails": {"message": "no"}}),
        st.just({"fails": "timeout", "takes": "2s"}),
    ),
)
PLANS = st.builds(lambda seconds, steps: {"step_time": f"{seconds}s", "steps": steps}, st.integers(0, 3), STEPS)


def scripted(scenario: str) -> st.SearchStrategy[Any]:
    return timelines(scenario).map(lambda timeline: {"timeline": timeline})


def runs(scenario: str) -> st.SearchStrategy[Any]:
    bodies = st.one_of(scripted(scenario), PLANS)
    return st.one_of(bodies, st.lists(bodies, min_size=1, max_size=2).map(lambda attempts: {"attempts": attempts}))


EDITS = st.one_of(
    st.tuples(st.just("brought"), scripted("brought")),
    st.tuples(st.just("templated"), runs("templated")),
    st.tuples(st.just("matching"), st.none() | runs("matching")),
    st.tuples(st.just("passing"), st.none() | st.just({"timeline": [{"at": "1s", "state": "COMPLETED"}]})),
)
EVENTS = st.one_of(
    st.tuples(st.just("advance"), st.integers(0, 4000)),
    st.tuples(st.just("poll"), st.sampled_from(["brought", "templated", "client"])),
    st.tuples(st.just("provision"), st.sampled_from(["brought", "templated"])),
    st.tuples(st.just("edit"), EDITS),
)
Files = dict[str, Any]


def scenarios(files: Files) -> list[LoadedScenario]:
    """`passing` comes and goes; what it brings nobody asks for."""
    templates: Mapping[str, Any] = {"templated": {"template": template("brought-1", "brought-2")}}
    return [
        LoadedScenario(
            Scenario.model_validate(
                {
                    "scenario": name,
                    **({"match": {"everything": True}} if name == "matching" else {"workflow_id": name}),
                    **templates.get(name, {}),
                    **({"provision": run} if run else {}),
                }
            ),
            name,
        )
        for name, run in sorted(files.items())
        if name != "passing" or run
    ]


FIRST: Files = {
    "brought": {"timeline": [{"at": "1s", "state": "PROVISIONING"}]},
    "templated": {"step_time": "1s"},
    "matching": None,
}


def play(files: Files, events: list[tuple[str, Any]], *, edits: bool) -> tuple[Cluster, str, Files]:
    """A world with these files and events; without `edits` as if the files had always been the same."""
    cluster = Cluster(Settings(mode="frozen"), tuple(scenarios(files)))
    client = operations.create(
        cluster.world, parse_template(template("client-1", "client-2")), validate=False, headers={}
    ).id
    operations.provision(cluster.world, client)
    files = dict(files)
    for event, value in events:
        if event == "advance":
            cluster.world.clock.advance(value)
        elif event == "poll":
            polling.poll(cluster.world, client if value == "client" else value)
        elif event == "provision":
            if cluster.world.find(value).run is None:  # a later one meets what the one before has made by then
                operations.provision(cluster.world, value)
        elif edits:
            before = scenarios(files)
            files[value[0]] = value[1]
            cluster.reload(changes(before, scenarios(files)))
    return cluster, client, files


def seen(cluster: Cluster, client: str) -> dict[str, Any]:
    """The status at each elapsed time, past and to come, and what is in the cluster now."""
    told: dict[str, Any] = {}
    for workflow_id in ("brought", "templated", client):
        workflow = cluster.world.find(workflow_id)
        run = workflow.run
        told[workflow_id] = run and [run.fields(run.position(time)) for time in range(0, 40_000, 500)]
        told[f"{workflow_id} counts"] = (
            workflow.polls,
            workflow.attempts,
            workflow.kind,
            cluster.world.elapsed(workflow),
        )
        told[f"{workflow_id} made"] = {key: workflow.made_by(key, 40_000) for key in workflow.made}
    for index in INDEXES:
        told[index] = cluster.world.resources.find(("index", index))
    told["scenarios"] = list(cluster.world.scenarios)
    return told


@given(st.lists(EVENTS, max_size=14))
def test_edits_end_where_a_fresh_start_with_the_last_files_does(events: list[tuple[str, Any]]) -> None:
    edited, client, last = play(FIRST, events, edits=True)
    fresh, same, _ = play(last, events, edits=False)
    assert client == same
    assert seen(edited, client) == seen(fresh, same)
