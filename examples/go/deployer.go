// Package deployer deploys a flow-framework template: it creates the workflow, provisions it and waits for its end.
// Resources that a failure leaves behind are deleted.
package deployer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/opensearch-project/opensearch-go/v4"
)

const workflows = "/_plugins/_flow_framework/workflow"

// Resource is one that a step has created.
type Resource struct {
	Step string `json:"workflow_step_id"`
	Type string `json:"resource_type"`
	ID   string `json:"resource_id"`
}

// DeploymentError tells that the workflow did not reach COMPLETED. Left are the resources that could not be deleted.
type DeploymentError struct {
	WorkflowID string
	Reason     string
	Left       []Resource
}

func (e *DeploymentError) Error() string { return e.WorkflowID + ": " + e.Reason }

// Deployer polls every Poll, and gives up after Limit. Sleep waits between two polls.
type Deployer struct {
	Client *opensearch.Client
	Poll   time.Duration
	Limit  time.Duration
	Sleep  func(time.Duration)
}

// New returns a deployer that polls every 5 seconds, and gives up after 10 minutes. A busy cluster is asked up to three
// more times, after pauses: the client repeats 502, 503 and 504 by default, but not 429.
func New(address string) (*Deployer, error) {
	d := &Deployer{Poll: 5 * time.Second, Limit: 10 * time.Minute, Sleep: time.Sleep}
	client, err := opensearch.NewClient(opensearch.Config{
		Addresses: []string{address},
		RetryOnStatus: []int{
			http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
		},
		MaxRetries: 3,
		RetryBackoff: func(attempt int) time.Duration {
			d.Sleep(time.Duration(attempt) * time.Second)
			return 0
		},
	})
	d.Client = client
	return d, err
}

// Deploy returns the created resources.
func (d *Deployer) Deploy(ctx context.Context, template json.RawMessage) ([]Resource, error) {
	var created struct {
		WorkflowID string `json:"workflow_id"`
	}
	if err := d.send(ctx, http.MethodPost, workflows, nil, template, &created); err != nil {
		return nil, err
	}
	id := created.WorkflowID
	if err := d.send(ctx, http.MethodPost, path(id, "_provision"), nil, nil, nil); err != nil {
		return nil, err
	}
	end, err := d.wait(ctx, id)
	if err != nil {
		return nil, err
	}
	if end.State == "COMPLETED" {
		return end.Resources, nil
	}
	left, err := d.cleanUp(ctx, id, end.Resources)
	if err != nil {
		return nil, err
	}
	return nil, &DeploymentError{id, end.Error, left}
}

type status struct {
	State     string     `json:"state"`
	Error     string     `json:"error"`
	Resources []Resource `json:"resources_created"`
}

func (d *Deployer) wait(ctx context.Context, id string) (status, error) {
	for waited := time.Duration(0); waited <= d.Limit; waited += d.Poll {
		now, err := d.status(ctx, id)
		if err != nil || now.State == "COMPLETED" || now.State == "FAILED" {
			return now, err
		}
		d.Sleep(d.Poll)
	}
	return status{}, &DeploymentError{WorkflowID: id, Reason: fmt.Sprintf("not done after %s", d.Limit)}
}

// cleanUp names the indexes and pipelines: else they are not deleted. A response with an error, although its status is
// 202, means that something is left.
func (d *Deployer) cleanUp(ctx context.Context, id string, resources []Resource) ([]Resource, error) {
	var named []string
	for _, each := range resources {
		if each.Type == "index_name" || each.Type == "pipeline_id" {
			named = append(named, each.ID)
		}
	}
	query := url.Values{}
	if named != nil {
		query.Set("allow_delete", strings.Join(named, ","))
	}
	var answer struct {
		Error string `json:"error"`
	}
	if err := d.send(ctx, http.MethodPost, path(id, "_deprovision"), query, nil, &answer); err != nil {
		return nil, err
	}
	if answer.Error == "" {
		return nil, nil
	}
	now, err := d.status(ctx, id)
	return now.Resources, err
}

func (d *Deployer) status(ctx context.Context, id string) (now status, err error) {
	err = d.send(ctx, http.MethodGet, path(id, "_status"), nil, nil, &now)
	return now, err
}

// request is one of a plugin for which opensearch-go has no methods.
type request struct {
	path  string
	query url.Values
	body  []byte
}

func (r request) GetRequest(method string) (*http.Request, error) {
	built, err := http.NewRequest(method, r.path+"?"+r.query.Encode(), bytes.NewReader(r.body))
	if err == nil && r.body != nil {
		built.Header.Set("Content-Type", "application/json")
	}
	return built, err
}

func (d *Deployer) send(ctx context.Context, method, path string, query url.Values, body []byte, answer any) error {
	var text json.RawMessage
	response, err := opensearch.Do(ctx, d.Client, method, request{path, query, body}, &text)
	if err != nil {
		return err
	}
	if response.IsError() {
		return opensearch.ParseError(response)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

func path(id, action string) string { return workflows + "/" + url.PathEscape(id) + "/" + action }
