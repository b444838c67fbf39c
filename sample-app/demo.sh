#!/usr/bin/env bash
#
# Shows every feature of the running sample by curl. Start it first, with delays of seconds:
#
#   mvn -pl sample-app -am spring-boot:run -Dspring-boot.run.profiles=demo
#
# Usage: sample-app/demo.sh [url]      (http://127.0.0.1:8080 unless given)

set -euo pipefail
shop=${1:-http://127.0.0.1:8080}

say() { printf '\n# %s\n' "$*"; }

# Shows a request and its answer.
call() {
    local method=$1 path=$2 body=${3-}
    printf '$ curl -X %s %s%s\n' "$method" "$path" "${body:+ -d '$body'}"
    curl -sS -X "$method" "$shop$path" ${body:+-H 'content-type: application/json' -d "$body"} \
        -w '\n(%{http_code})\n' | sed '/^$/d'
}

# The id in the answer of a request that is not shown.
id_of() {
    curl -fsS -X POST "$shop$1" ${2:+-H 'content-type: application/json' -d "$2"} | sed 's/.*"id":"\([^"]*\)".*/\1/'
}

curl -fsS -o /dev/null "$shop/stats" || {
    echo "no shop answers at $shop; start it as this file's head says" >&2
    exit 1
}

say 'A cart reserves stock. Its timer is armed when the transaction commits.'
cart=$(id_of /carts)
call POST "/carts/$cart/items" '{"productId":"cup","quantity":3}'
call GET "/actuator/asyncslots/reservation/$cart"

say 'A sign of life moves the deadline (touch); something new in the cart re-arms it (start).'
sleep 2
call POST "/carts/$cart/ping"
sleep 2
call POST "/carts/$cart/items" '{"productId":"tea","quantity":1}'

say 'A request that fails rolls back: the stock and the deadline stay as they were.'
call POST "/carts/$cart/items" '{"productId":"teapot","quantity":1000}'

say 'The history of the slot tells what happened.'
call GET "/actuator/asyncslots/reservation/$cart"

say 'Left alone, the cart expires and its stock goes back. Its slot is freed.'
call GET /products/cup
sleep 6
call GET "/carts/$cart"
call GET /products/cup
call GET "/actuator/asyncslots/reservation/$cart"

say 'The index goes away: attempts follow with growing delays, none holds a thread. Then it is back.'
call PUT /search/outage '{"away":true}'
call PUT /products/tea/price '{"cents":320}'
sleep 1
call GET /actuator/asyncslots/reindex/tea
call PUT /search/outage '{"away":false}'
sleep 4
call GET '/search?q=tea'
call GET /actuator/retryevents/search

say 'A cart that is dropped: the slot is gone.'
cart=$(id_of /carts)
call DELETE "/carts/$cart"
call GET "/actuator/asyncslots/reservation/$cart"

say 'An order must be paid in time. A wrong amount rolls back, and the timer stays; the right one frees it.'
cart=$(id_of /carts)
curl -fsS -o /dev/null -H 'content-type: application/json' -d '{"productId":"tea","quantity":2}' "$shop/carts/$cart/items"
order=$(id_of /orders "{\"cartId\":\"$cart\"}")
call POST "/orders/$order/payment" '{"cents":1}'
call GET "/actuator/asyncslots/payment/$order"
call POST "/orders/$order/payment" '{"cents":2500}'

say 'One that is not paid.'
cart=$(id_of /carts)
curl -fsS -o /dev/null -H 'content-type: application/json' -d '{"productId":"tea","quantity":1}' "$shop/carts/$cart/items"
order=$(id_of /orders "{\"cartId\":\"$cart\"}")
call GET "/orders/$order"
sleep 9
call GET "/orders/$order"

say 'A hundred price changes are a few runs of the index (coalesced), and the last price is found.'
for ((cents = 4101; cents <= 4200; cents++)); do
    printf 'url = "%s/products/teapot/price"\nrequest = PUT\nheader = "content-type: application/json"\ndata = "{\\"cents\\":%d}"\nnext\n' \
        "$shop" "$cents"
done | sed '$d' | curl -sS --config -
sleep 1
call GET '/search?q=teapot'
call GET '/actuator/metrics/asyncslot.coalesced?tag=map:reindex'

say 'A tenant is polled at a fixed rate until it goes; its feeds are in a scope that ends with it.'
call POST /tenants/acme
call POST /tenants/acme/feeds/news
call POST /tenants/acme/feeds/prices
sleep 3
call GET /tenants/acme
call GET /actuator/asyncslots/tenant-poll/acme
call DELETE /tenants/acme
call GET /tenants/acme

say 'A webhook: only the latest event is delivered, after a moment of quiet. The demo does not wait for the cap.'
for i in 1 2 3; do call POST /webhooks/erp "{\"text\":\"change $i\"}"; done
call GET /actuator/asyncslots/webhook/erp
sleep 3
call GET /webhooks/erp

say 'Six audit entries: five are written at once, the sixth after two seconds.'
for i in 1 2 3 4 5 6; do call POST /tenants/acme/audit "{\"text\":\"entry $i\"}"; done
sleep 3
call GET /tenants/acme/audit

say 'A report at half past six, in the time zone of the tenant.'
call PUT /tenants/acme/report '{"cron":"0 30 6 * * *","zone":"Asia/Tokyo"}'
call GET /actuator/asyncslots/report/acme
call DELETE /tenants/acme/report

say 'An operator pauses one cart, lets it fall due, and resumes it; then pauses the whole map.'
cart=$(id_of /carts)
call POST "/actuator/asyncslots/reservation/$cart" '{"action":"pause"}'
call POST "/actuator/asyncslots/reservation/$cart" '{"action":"fire"}'
call GET "/carts/$cart"
call GET "/actuator/asyncslots/reservation/$cart"
call POST "/actuator/asyncslots/reservation/$cart" '{"action":"resume"}'
sleep 1
call GET "/carts/$cart"
call POST /actuator/asyncslots/reservation '{"action":"pause"}'
call POST /actuator/asyncslots/reservation '{"action":"resume"}'
call POST /actuator/asyncslots/reservation '{"action":"delete","prefix":"nobody","limit":10}'

say 'Bad input: what was wrong, and the rule. Looking never creates a slot.'
cart=$(id_of /carts)
call POST "/carts/$cart/items" '{"productId":"tea","quantity":-1}'
call GET '/actuator/asyncslots/reservation?limit=0'
call GET /actuator/asyncslots/reservation/nobody

say 'The ledger of the shop, and that of its slots.'
call GET /stats
call GET /actuator/asyncslots

say 'The meters: map, backend, type and outcome as tags, never a key.'
curl -fsS "$shop/actuator/prometheus" | grep -E '^asyncslot_(starts|fired|coalesced|references|slots)' || true
