-- +goose Up
CREATE TABLE tasks (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16), -- UUIDv7
    title       TEXT    NOT NULL,
    description TEXT    NOT NULL,
    done        INTEGER NOT NULL CHECK (done IN (0, 1)),
    created_at  INTEGER NOT NULL, -- microseconds since 1970
    updated_at  INTEGER NOT NULL, -- microseconds since 1970
    version     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tasks_done_id ON tasks (done, id);

-- +goose Down
DROP TABLE tasks;
