-- +goose Up
CREATE TABLE tasks (
    id          uuid        NOT NULL PRIMARY KEY, -- UUIDv7
    title       text        NOT NULL,
    description text        NOT NULL,
    done        boolean     NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    version     bigint      NOT NULL
);

CREATE INDEX tasks_done_id ON tasks (done, id);

-- +goose Down
DROP TABLE tasks;
