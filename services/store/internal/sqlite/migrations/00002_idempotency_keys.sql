-- +goose Up
-- The answer to a repeated creation is made of its content, which has the
-- fingerprint, and of these columns.
CREATE TABLE idempotency_keys (
    key         TEXT    NOT NULL PRIMARY KEY,
    fingerprint BLOB    NOT NULL, -- SHA-256 of the content
    task_id     BLOB    NOT NULL,
    created_at  INTEGER NOT NULL, -- microseconds since 1970
    expires_at  INTEGER NOT NULL  -- microseconds since 1970
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);

-- +goose Down
DROP TABLE idempotency_keys;
