package deployer

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opensearch-project/opensearch-go/v4"
)

const template = `{"name": "books", "workflows": {"provision": {
	"nodes": [
		{"id": "pipeline", "type": "create_search_pipeline", "user_inputs": {"pipeline_id": "embed", "configurations": {}}},
		{"id": "index", "type": "create_index", "user_inputs": {"index_name": "books", "configurations": {}}}],
	"edges": [{"source": "pipeline", "dest": "index"}]}}}`

// deploy runs the deployer in a world of its own; only its sleeps move the clock.
func deploy(t *testing.T, world control) ([]Resource, error) {
	t.Helper()
	d, err := New(server)
	if err != nil {
		t.Fatal(err)
	}
	d.Sleep = world.advance
	return d.Deploy(t.Context(), json.RawMessage(template))
}

func TestAllGoesWell(t *testing.T) {
	world := newWorld(t)
	resources, err := deploy(t, world)
	if err != nil {
		t.Fatal(err)
	}
	want := []Resource{{"pipeline", "pipeline_id", "embed"}, {"index", "index_name", "books"}}
	if !slices.Equal(resources, want) {
		t.Errorf("resources are %v, not %v", resources, want)
	}
	world.verifyPolling(5*time.Second, 5*time.Second)
	expect(t, world, []exchange{{200, 0}, {200, 5_000}, {200, 10_000}, {200, 15_000}})
}

// --8<-- [start:busy]

func TestABusyClusterIsAskedAgain(t *testing.T) {
	world := newWorld(t)
	world.addFault(`{"on": "get_status", "calls": "2..3", "respond": "too_many_requests"}`)
	if _, err := deploy(t, world); err != nil {
		t.Fatal(err)
	}
	expect(t, world, []exchange{{200, 0}, {429, 5_000}, {429, 6_000}, {200, 8_000}, {200, 13_000}, {200, 18_000}})
}

// --8<-- [end:busy]

func TestItDoesNotAskABusyClusterForEver(t *testing.T) {
	world := newWorld(t)
	world.addFault(`{"on": "get_status", "respond": "too_many_requests"}`)
	_, err := deploy(t, world)
	var refused *opensearch.StructError
	if !errors.As(err, &refused) || refused.Status != 429 {
		t.Errorf("the error is %v", err)
	}
	expect(t, world, []exchange{{429, 0}, {429, 1_000}, {429, 3_000}, {429, 6_000}})
}

func TestAFailureLeavesNothingBehind(t *testing.T) {
	world := newWorld(t)
	world.load(`{"scenario": "fails", "match": "everything", "provision": {"step_time": "7s",
		"steps": {"index": {"fails": {"status": "CONFLICT", "message": "there is one"}}}}}`)
	_, err := deploy(t, world)
	failed := failure(t, err)
	if !strings.Contains(failed.Reason, "there is one") || failed.Left != nil {
		t.Errorf("the error is %v, left is %v", failed, failed.Left)
	}
	var workflows []struct{ State string }
	world.call("GET", "workflows", "", &workflows)
	if len(workflows) != 1 || workflows[0].State != "NOT_STARTED" {
		t.Errorf("workflows are %v", workflows)
	}
}

func TestWhatCannotBeDeletedIsReported(t *testing.T) {
	world := newWorld(t)
	world.load(`{"scenario": "keeps", "match": "everything",
		"provision": {"steps": {"index": {"fails": "timeout"}}}, "deprovision": {"keeps": ["pipeline"]}}`)
	_, err := deploy(t, world)
	if left := failure(t, err).Left; !slices.Equal(left, []Resource{{"pipeline", "pipeline_id", "embed"}}) {
		t.Errorf("left is %v", left)
	}
}

func TestItGivesUpAfterTenMinutes(t *testing.T) {
	world := newWorld(t)
	world.load(`{"scenario": "stuck", "match": "everything",
		"provision": {"timeline": [{"at": "0s", "state": "PROVISIONING"}]}}`)
	_, err := deploy(t, world)
	if reason := failure(t, err).Reason; reason != "not done after 10m0s" {
		t.Errorf("the reason is %q", reason)
	}
	if polls := world.requests("get_status"); len(polls) != 121 {
		t.Errorf("%d polls, not 121", len(polls))
	}
}

// expect checks the polls: when they came, and how they were answered.
func expect(t *testing.T, world control, want []exchange) {
	t.Helper()
	if polls := world.requests("get_status"); !slices.Equal(polls, want) {
		t.Errorf("polls are %v, not %v", polls, want)
	}
}

func failure(t *testing.T, err error) *DeploymentError {
	t.Helper()
	var failed *DeploymentError
	if !errors.As(err, &failed) {
		t.Fatalf("the error is %v", err)
	}
	return failed
}
