#!/bin/sh
# A client with curl: makes an account, logs in, keeps a task, refreshes the tokens and logs out.
#
#     sh examples/curl.sh                        # PORTERO=https://accounts.example.com names another service
set -eu
PORTERO=${PORTERO:-http://localhost:8000}
NAME=ana-$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
ANSWER=$(mktemp)
trap 'rm -f "$ANSWER"' EXIT

# Usage: call METHOD PATH [BODY]. Prints the answer, and ends the script if it is an error.
call() {
    printf '%s %s\n' "$1" "$2" >&2
    status=$(curl -sS -o "$ANSWER" -w '%{http_code}' -X "$1" "$PORTERO$2" ${TOKEN:+-H "Authorization: Bearer $TOKEN"} \
        ${3:+-H 'Content-Type: application/json' -d "$3"})
    [ ! -s "$ANSWER" ] || { cat "$ANSWER" && echo; }
    [ "$status" -lt 400 ]
}

# Usage: member NAME < JSON. Prints the text of a member; with jq: jq -r .NAME
member() {
    sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"
}

call POST /register "{\"username\": \"$NAME\", \"email\": \"$NAME@example.com\", \"password\": \"correct horse battery\"}"
TOKENS=$(call POST /login "{\"username\": \"$NAME\", \"password\": \"correct horse battery\"}")
TOKEN=$(echo "$TOKENS" | member access_token)
call GET /user

TASK=$(call POST /tasks '{"title": "Buy milk"}' | member id)
call PATCH "/tasks/$TASK" '{"completed": true}'
call GET /tasks

# A refresh token works once. Keep the one of the answer.
TOKENS=$(call POST /auth/refresh "{\"refresh_token\": \"$(echo "$TOKENS" | member refresh_token)\"}")
TOKEN=$(echo "$TOKENS" | member access_token)
call DELETE "/tasks/$TASK"
call DELETE /user
