package sqlite

import "redspan/services/store/internal/dbspan"

const columns = "id, title, description, done, created_at, updated_at, version"

const (
	sqlCreate = "INSERT INTO tasks (" + columns + ") VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1)"
	sqlGet    = "SELECT " + columns + " FROM tasks WHERE id = ?1"
	sqlList   = "SELECT " + columns + " FROM tasks WHERE id < ?1 ORDER BY id DESC LIMIT ?2"
	sqlDone   = "SELECT " + columns + " FROM tasks WHERE id < ?1 AND done = ?3 ORDER BY id DESC LIMIT ?2"
	sqlUpdate = "UPDATE tasks SET title = coalesce(?2, title), description = coalesce(?3, description)," +
		" done = coalesce(?4, done), updated_at = max(updated_at, ?5), version = version + 1" +
		" WHERE id = ?1 AND (?6 IS NULL OR version IN (SELECT value FROM json_each(?6))) RETURNING " + columns
	sqlDelete = "DELETE FROM tasks WHERE id = ?1 AND (?2 IS NULL OR version IN (SELECT value FROM json_each(?2)))"
	sqlCount  = "SELECT count(*) FROM tasks"
	// sqlClaim changes no row if the key is in use.
	sqlClaim = "INSERT INTO idempotency_keys (key, fingerprint, task_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)" +
		" ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, task_id = excluded.task_id," +
		" created_at = excluded.created_at, expires_at = excluded.expires_at" +
		" WHERE idempotency_keys.expires_at <= excluded.created_at"
	sqlClaimed = "SELECT fingerprint, task_id, created_at FROM idempotency_keys WHERE key = ?1"
	// sqlSweep forgets a few keys with each new one.
	sqlSweep = "DELETE FROM idempotency_keys WHERE key IN (SELECT key FROM idempotency_keys WHERE expires_at <= ?1 LIMIT 10)"
	// sqlCommit describes a commit that failed; the driver runs it.
	sqlCommit = "COMMIT"
	// sqlFail fails in the engine while it runs, not while it is parsed.
	sqlFail = "SELECT json('injected fault')"
)

var statements = []dbspan.Statement{
	{SQL: sqlCreate, Operation: "INSERT", Collection: "tasks"},
	{SQL: sqlGet, Operation: "SELECT", Collection: "tasks"},
	{SQL: sqlList, Operation: "SELECT", Collection: "tasks"},
	{SQL: sqlDone, Operation: "SELECT", Collection: "tasks"},
	{SQL: sqlUpdate, Operation: "UPDATE", Collection: "tasks"},
	{SQL: sqlDelete, Operation: "DELETE", Collection: "tasks"},
	{SQL: sqlCount, Operation: "SELECT", Collection: "tasks"},
	{SQL: sqlClaim, Operation: "INSERT", Collection: "idempotency_keys"},
	{SQL: sqlClaimed, Operation: "SELECT", Collection: "idempotency_keys"},
	{SQL: sqlSweep, Operation: "DELETE", Collection: "idempotency_keys"},
	{SQL: sqlCommit, Operation: "COMMIT"},
	{SQL: sqlFail, Operation: "SELECT"},
}
