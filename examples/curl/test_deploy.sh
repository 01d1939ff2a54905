#!/usr/bin/env bash
# Tests of deploy.sh. They need the commands mockflow, curl and jq.
set -euo pipefail
cd "$(dirname "$0")"

# The server prints one line, "mockflow ready at URL", when it accepts connections.
exec {output}< <(exec mockflow serve --port 0 --quiet)
server=$!
trap 'kill "$server"' EXIT
read -r ready <&"$output"
cluster=${ready##* }

control() { # METHOD PATH [JSON]
  local answer
  answer=$(curl --silent --show-error --fail-with-body -X "$1" "$cluster/_mockflow/$2" ${3:+--data "$3"}) || {
    echo "$answer" >&2
    return 1
  }
  echo "$answer"
}

# What deploy.sh calls instead of sleep: it moves the clock.
advance() { control POST clock "{\"advance\": \"$1s\"}" > /dev/null; }
export -f control advance
export cluster

# A new world, in which a step takes seven seconds; then deploy.sh, with its exit code and all that it prints.
begin() { control POST reset '{"mode": "frozen", "step_time": "7s"}' > /dev/null; }
deploy() {
  code=0
  printed=$(PAUSE=advance ./deploy.sh "$cluster" template.json 2>&1) || code=$?
}

# The field of each poll, such as elapsed_ms: when it came.
polls() { control GET 'journal?operation=get_status' | jq -c "[.exchanges[].$1]"; }

expect() { # WHAT IS WANTED
  [ "$2" = "$3" ] || {
    echo "FAILED $name: $1 is $2, not $3"
    exit 1
  }
}

name="all goes well"
begin
deploy
expect "the exit code" "$code" 0
expect "the output" "$printed" "pipeline: pipeline_id embed
index: index_name books"
control POST verify '{"polling": {"min_interval": "5s", "max_interval": "5s"}}' > /dev/null
expect "the times of the polls" "$(polls elapsed_ms)" "[0,5000,10000,15000]"
echo "ok $name"

name="a busy cluster is asked again"
begin
control POST faults '{"on": "get_status", "calls": "2..3", "respond": "too_many_requests"}' > /dev/null
deploy
expect "the exit code" "$code" 0
expect "the status of the polls" "$(polls status)" "[200,429,429,200]"
echo "ok $name"

name="another error is not asked again"
begin
control POST faults '{"on": "get_status", "call": 2, "respond": {"status": 403, "body": {"error": "no"}}}' > /dev/null
deploy
expect "the exit code" "$code" 3
expect "the output" "$printed" 'status: status 403: {"error":"no"}'
echo "ok $name"

name="a failure has its reason"
begin
control POST next_run '{"steps": {"index": {"fails": {"status": "CONFLICT", "message": "there is one"}}}}' > /dev/null
deploy
expect "the exit code" "$code" 1
expect "the output" "$printed" "WorkflowStepException during step index, there is one, restStatus: CONFLICT"
echo "ok $name"

name="it gives up in time"
begin
control PUT scenarios '{"scenario": "stuck", "match": "everything",
  "provision": {"timeline": [{"at": "0s", "state": "PROVISIONING"}]}}' > /dev/null
LIMIT=60 deploy
expect "the exit code" "$code" 2
expect "the times of the last poll" "$(polls elapsed_ms | jq .[-1])" 60000
echo "ok $name"
