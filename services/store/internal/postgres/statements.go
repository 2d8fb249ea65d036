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
		" WHERE id = $1 RETURNING " + columns
	sqlDelete = "DELETE FROM tasks WHERE id = $1"
	sqlCount  = "SELECT count(*) FROM tasks"
	sqlFail   = "SELECT 1 / 0"
)

var statements = []dbspan.Statement{
	{SQL: sqlCreate, Operation: "INSERT", Collection: "tasks"},
	{SQL: sqlGet, Operation: "SELECT", Collection: "tasks"},
	{SQL: sqlList, Operation: "SELECT", Collection: "tasks"},
	{SQL: sqlDone, Operation: "SELECT", Collection: "tasks"},
	{SQL: sqlUpdate, Operation: "UPDATE", Collection: "tasks"},
	{SQL: sqlDelete, Operation: "DELETE", Collection: "tasks"},
	{SQL: sqlCount, Operation: "SELECT", Collection: "tasks"},
	{SQL: sqlFail, Operation: "SELECT"},
}
