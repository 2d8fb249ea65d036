package postgres

import "redspan/services/store/internal/dbspan"

const columns = "id, title, description, done, created_at, updated_at, version"

const (
	sqlCreate = "INSERT INTO tasks (" + columns + ") VALUES ($1, $2, $3, $4, $5, $5, 1)"
	sqlGet    = "SELECT " + columns + " FROM tasks WHERE id = $1"
	sqlList   = "SELECT " + columns + " FROM tasks WHERE id < $1 ORDER BY id DESC LIMIT $2"
	sqlDone   = "SELECT " + columns + " FROM tasks WHERE id < $1 AND done = $3 ORDER BY id DESC LIMIT $2"
	sqlUpdate = "UPDATE tasks SET title = coalesce($2, title), description = coalesce($3, description)," +
		" done = coalesce($4, done), updated_at = greatest(updated_at, $5), version = version + 1" +
		" WHERE id = $1 AND ($6::bigint[] IS NULL OR version = ANY ($6)) RETURNING " + columns
	sqlDelete = "DELETE FROM tasks WHERE id = $1 AND ($2::bigint[] IS NULL OR version = ANY ($2))"
	sqlCount  = "SELECT count(*) FROM tasks"
	// sqlCreateOnce stores key and task, or neither if the key is in use. With
	// each new key it forgets a few that have expired.
	sqlCreateOnce = "WITH swept AS (DELETE FROM idempotency_keys WHERE key IN (SELECT key FROM idempotency_keys" +
		" WHERE expires_at <= $5 AND key <> $6 LIMIT 10 FOR UPDATE SKIP LOCKED))," +
		" claimed AS (INSERT INTO idempotency_keys (key, fingerprint, task_id, created_at, expires_at) VALUES ($6, $7, $1, $5, $8)" +
		" ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, task_id = excluded.task_id," +
		" created_at = excluded.created_at, expires_at = excluded.expires_at" +
		" WHERE idempotency_keys.expires_at <= excluded.created_at RETURNING key)" +
		" INSERT INTO tasks (" + columns + ") SELECT $1, $2, $3, $4, $5, $5, 1 FROM claimed"
	sqlClaimed = "SELECT fingerprint, task_id, created_at FROM idempotency_keys WHERE key = $1"
	sqlFail    = "SELECT 1 / 0"
)

var statements = []dbspan.Statement{
	{SQL: sqlCreate, Operation: "INSERT", Collection: "tasks"},
	{SQL: sqlGet, Operation: "SELECT", Collection: "tasks"},
	{SQL: sqlList, Operation: "SELECT", Collection: "tasks"},
	{SQL: sqlDone, Operation: "SELECT", Collection: "tasks"},
	{SQL: sqlUpdate, Operation: "UPDATE", Collection: "tasks"},
	{SQL: sqlDelete, Operation: "DELETE", Collection: "tasks"},
	{SQL: sqlCount, Operation: "SELECT", Collection: "tasks"},
	{SQL: sqlCreateOnce, Operation: "INSERT", Collection: "tasks"},
	{SQL: sqlClaimed, Operation: "SELECT", Collection: "idempotency_keys"},
	{SQL: sqlFail, Operation: "SELECT"},
}
