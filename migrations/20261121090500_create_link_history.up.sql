-- Append-only: audit, support timeline and event feed in one. `id` is not commit order.
CREATE TABLE IF NOT EXISTS link_history (
    id                   BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    event                VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    user_id              CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    identity_id          CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NULL,
    previous_identity_id CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NULL,
    actor                VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    why                  VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    proof                VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NULL,
    audit_id             CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    attempt_id           CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    occurred_at          DATETIME(6)  NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY link_history_attempt_uq (attempt_id),
    KEY link_history_user_ix (user_id, id),
    KEY link_history_identity_ix (identity_id, id),
    KEY link_history_audit_ix (audit_id)
) ENGINE=InnoDB COMMENT='identity-resolver'
