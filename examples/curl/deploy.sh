#!/usr/bin/env bash
# Deploys a flow-framework template with curl and jq: creates the workflow, provisions it, waits for its end, and prints
# the created resources. Usage: deploy.sh URL TEMPLATE
#
# Exit codes: 0 COMPLETED, 1 FAILED, 2 still not done after LIMIT seconds, 3 refused. PAUSE is the command that waits
# between two polls, with the seconds as its argument.
set -euo pipefail

url=$1/_plugins/_flow_framework/workflow
template=$2
poll=5
limit=${LIMIT:-600}
pause=${PAUSE:-sleep}
body=$(mktemp)
trap 'rm -f "$body"' EXIT

# Writes the response into $body, and its status into $status.
send() { status=$(curl --silent --show-error --output "$body" --write-out '%{http_code}' "$@"); }

refused() {
  echo "$1: status $status: $(cat "$body")" >&2
  exit 3
}

send -X POST -H 'Content-Type: application/json' --data-binary "@$template" "$url"
[ "$status" = 201 ] || refused create
id=$(jq -r .workflow_id "$body")

# 2.x accepts with 200, 3.x with 202.
send -X POST "$url/$id/_provision"
[[ $status = 20[02] ]] || refused provision

for ((waited = 0; waited <= limit; waited += poll)); do
  send "$url/$id/_status"
  # 429: a cluster that is busy is asked again later.
  if [ "$status" != 429 ]; then
    [ "$status" = 200 ] || refused status
    case $(jq -r .state "$body") in
      COMPLETED)
        jq -r '.resources_created[]? | "\(.workflow_step_id): \(.resource_type) \(.resource_id)"' "$body"
        exit 0
        ;;
      FAILED)
        jq -r .error "$body" >&2
        exit 1
        ;;
    esac
  fi
  $pause "$poll"
done
echo "$id: not done after $limit s" >&2
exit 2
