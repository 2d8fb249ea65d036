-- +goose Up
-- The answer to a repeated creation is made of its content, which has the
-- fingerprint, and of these columns.
CREATE TABLE idempotency_keys (
    key         text        NOT NULL PRIMARY KEY,
    fingerprint bytea       NOT NULL, -- SHA-256 of the content
    task_id     uuid        NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL
);

CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);

-- +goose Down
DROP TABLE idempotency_keys;
