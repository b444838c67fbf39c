#!/usr/bin/env bash
#
# Three processes of the sample share their carts on one PostgreSQL. One is killed with its timers pending; the others
# take them over.
#
# Usage: sample-app/cluster-demo.sh [--stay] [jdbc url of an empty database]     (starts a PostgreSQL from a jar unless given)
#
# With --stay nothing is done to the three shops: open their pages, send visitors, and kill a shop with its button.

set -euo pipefail
cd "$(dirname "$0")/.."
stay=
if [ "${1-}" = --stay ]; then
    stay=1
    shift
fi
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

say() { printf '\n# %s\n' "$*"; }

say 'Building.'
mvn -B -ntp -q ${MAVEN_ARGS-} -pl sample-app -am -DskipTests -Dspotless.check.skip test-compile \
    dependency:build-classpath -Dmdep.outputFile=target/cluster.class.path -Dmdep.includeScope=test
classes=sample-app/target/test-classes:sample-app/target/classes:$(cat sample-app/target/cluster.class.path)

if [ $# -gt 0 ]; then
    export SHOP_DATABASE=$1
else
    say 'Starting a PostgreSQL.'
    mkfifo "$work/hold"
    java -cp "$classes" io.asyncslot.sample.LocalPostgres <"$work/hold" >"$work/postgres.out" 2>"$work/postgres.log" &
    pids+=($!)
    exec 8>"$work/hold"
    until grep -q SHOP_DATABASE= "$work/postgres.out"; do
        kill -0 "${pids[0]}" || { cat "$work/postgres.log" >&2; exit 1; }
        sleep 0.5
    done
    export "$(grep SHOP_DATABASE= "$work/postgres.out")"
fi
echo "$SHOP_DATABASE"

node() {
    local number=$1 init=$2
    java -cp "$classes" io.asyncslot.sample.SampleApplication --server.port=808"$number" \
        --spring.profiles.active=cluster --spring.sql.init.mode="$init" --shop.reservation=20s \
        --asyncslot.cluster.node-name="shop $number" --asyncslot.cluster.horizon=10s ${stay:+--shop.killable=true} >"$work/node$number.log" 2>&1 8>&- &
    pids+=($!)
    declare -g "node$number=$!"
    until curl -fsS -o /dev/null "http://127.0.0.1:808$number/stats" 2>/dev/null; do
        kill -0 $! || { tail -30 "$work/node$number.log" >&2; exit 1; }
        sleep 0.5
    done
}

say 'Starting three shops: 8081, 8082 and 8083.'
node 1 always
node 2 never
node 3 never

if [ -n "$stay" ]; then
    say 'Open http://localhost:8081, http://localhost:8082 and http://localhost:8083. Enter ends all of them.'
    read -r _ || true
    exit
fi

cluster() {
    curl -fsS "http://127.0.0.1:808$1/actuator/asyncslots" | python3 -c '
import json, sys
backend = [b for b in json.load(sys.stdin)["backends"] if b["name"] == "cluster"][0]["details"]
print("  this is node", backend["node"], "of", ", ".join(str(n["id"]) + " (" + n["name"] + ", holds " + str(n["holds"]) + ")" for n in backend["nodes"]))
print("  given up:", backend["takeovers"], " taken over:", backend["takenOver"], " cut off:", backend["cutOff"], " oldest overdue:", backend["oldestOverdue"])'
}

carts_by_state() {
    curl -fsS "http://127.0.0.1:808$1/stats" | python3 -c 'import json, sys; print("  carts:", json.load(sys.stdin)["carts"])'
}

say 'Thirty carts, ten at each shop, each with a reservation of 20 seconds.'
for i in $(seq 30); do
    port=808$((i % 3 + 1))
    cart=$(curl -fsS -X POST "http://127.0.0.1:$port/carts" | sed 's/.*"id":"\([^"]*\)".*/\1/')
    curl -fsS -o /dev/null -X POST "http://127.0.0.1:$port/carts/$cart/items" \
        -H 'content-type: application/json' -d '{"productId":"cup","quantity":1}'
done
curl -fsS http://127.0.0.1:8082/products/cup
echo
for n in 1 2 3; do cluster $n; done

say 'Ten seconds before they are due (the horizon, 2 s unless set) they are claimed; then shop 1 is killed (kill -9).'
sleep 14
cluster 1
kill -9 "$node1"
sleep 12
for n in 2 3; do cluster $n; done
carts_by_state 2
curl -fsS http://127.0.0.1:8083/products/cup
echo

say 'Every cart has expired once, and all the stock is back:'
carts_by_state 3 | grep -q "'EXPIRED': 30" || { echo 'not all carts have expired' >&2; exit 1; }
curl -fsS http://127.0.0.1:8083/products/cup | grep -q '"stock":100' || { echo 'the stock is not back' >&2; exit 1; }
echo '  30 carts, 100 cups.'
