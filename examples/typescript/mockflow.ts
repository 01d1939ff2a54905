// A server of mockflow and its control API, as far as tests need it. The command `mockflow` has to be on the path.
// GET /_mockflow/openapi.json describes all calls.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface Exchange {
  operation: string | null;
  workflow_id: string | null;
  status: number;
  elapsed_ms: number;
}

export interface Workflow {
  workflow_id: string;
  state: string;
}

export class Mockflow {
  private constructor(readonly url: string, private readonly process: ChildProcess) {}

  // --8<-- [start:start]
  // The server prints one line, "mockflow ready at URL", when it accepts connections.
  static async start(): Promise<Mockflow> {
    const server = spawn("mockflow", ["serve", "--port", "0", "--quiet"], { stdio: ["ignore", "pipe", "inherit"] });
    const line = once(createInterface({ input: server.stdout }), "line").then(([text]: string[]) => text);
    const end = once(server, "exit").then(([code]) => Promise.reject(new Error(`mockflow serve: exit code ${code}`)));
    const ready = await Promise.race([line, end]);
    end.catch(() => {}); // stop() ends it
    return new Mockflow(String(ready?.split(" ").at(-1)), server);
  }

  stop(): void {
    this.process.kill();
  }
  // --8<-- [end:start]

  // A new world. The clock stands still until somebody moves it.
  reset(settings: { step_time?: string } = {}): Promise<unknown> {
    return this.call("POST", "reset", { mode: "frozen", ...settings });
  }

  advance(ms: number): Promise<unknown> {
    return this.call("POST", "clock", { advance: `${ms}ms` });
  }

  load(scenario: object): Promise<unknown> {
    return this.call("PUT", "scenarios", scenario);
  }

  // The outcome of steps in the next run that has them.
  nextRun(steps: object): Promise<unknown> {
    return this.call("POST", "next_run", { steps });
  }

  addFault(fault: object): Promise<unknown> {
    return this.call("POST", "faults", fault);
  }

  workflows(): Promise<Workflow[]> {
    return this.call("GET", "workflows");
  }

  async requests(operation: string): Promise<Exchange[]> {
    return (await this.call<{ exchanges: Exchange[] }>("GET", `journal?operation=${operation}`)).exchanges;
  }

  // Fails with the story of all requests, unless the only workflow was polled at this pace and not after its end.
  verifyPolling(polling: { min_interval?: string; max_interval?: string }): Promise<unknown> {
    return this.call("POST", "verify", { polling });
  }

  async call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const answer = await fetch(`${this.url}/_mockflow/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) {
      throw new Error(`${method} ${path}: ${await answer.text()}`);
    }
    return (await answer.json()) as Answer;
  }
}
