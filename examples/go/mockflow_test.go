package deployer

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// server is the URL of a mockflow that all tests share. Each begins with a reset.
var server string

// --8<-- [start:start]

func TestMain(m *testing.M) {
	process, address, err := start()
	if err != nil {
		log.Fatalf("mockflow could not be started: %v", err)
	}
	server = address
	code := m.Run()
	_ = process.Process.Signal(os.Interrupt)
	_ = process.Wait()
	os.Exit(code)
}

// start runs the command mockflow, which has to be on the path. It prints one line, "mockflow ready at URL", when it
// accepts connections.
func start() (process *exec.Cmd, address string, err error) {
	process = exec.Command("mockflow", "serve", "--port", "0", "--quiet")
	process.Stderr = os.Stderr
	output, err := process.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := process.Start(); err != nil {
		return nil, "", err
	}
	ready, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return nil, "", fmt.Errorf("no line that it is ready: %v", process.Wait())
	}
	return process, strings.TrimSpace(strings.TrimPrefix(ready, "mockflow ready at ")), nil
}

// --8<-- [end:start]

// control is the control API, as far as tests need it. GET /_mockflow/openapi.json describes all calls.
type control struct{ *testing.T }

// newWorld resets the cluster. Its clock stands still until somebody moves it.
func newWorld(t *testing.T) control {
	c := control{t}
	c.call(http.MethodPost, "reset", `{"mode": "frozen", "step_time": "7s"}`, nil)
	return c
}

func (c control) advance(d time.Duration) {
	c.call(http.MethodPost, "clock", fmt.Sprintf(`{"advance": "%dms"}`, d.Milliseconds()), nil)
}

func (c control) load(scenario string)  { c.call(http.MethodPut, "scenarios", scenario, nil) }
func (c control) addFault(fault string) { c.call(http.MethodPost, "faults", fault, nil) }

type exchange struct {
	Status    int   `json:"status"`
	ElapsedMs int64 `json:"elapsed_ms"`
}

// requests are those that clients sent, with their responses; such as get_status.
func (c control) requests(operation string) []exchange {
	var journal struct{ Exchanges []exchange }
	c.call(http.MethodGet, "journal?operation="+operation, "", &journal)
	return journal.Exchanges
}

// verifyPolling fails with the story of all requests, unless the only workflow was polled at this pace and not after its
// end.
func (c control) verifyPolling(least, most time.Duration) {
	c.Helper()
	polling := `{"polling": {"min_interval": "%dms", "max_interval": "%dms"}}`
	c.call(http.MethodPost, "verify", fmt.Sprintf(polling, least.Milliseconds(), most.Milliseconds()), nil)
}

func (c control) call(method, path, body string, answer any) {
	c.Helper()
	request, err := http.NewRequest(method, server+"/_mockflow/"+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.Fatal(err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		c.Fatalf("%s %s: %s", method, path, text)
	}
	if answer != nil {
		if err := json.Unmarshal(text, answer); err != nil {
			c.Fatal(err)
		}
	}
}
