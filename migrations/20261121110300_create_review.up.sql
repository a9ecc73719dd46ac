-- Questions the policy left to a person. `open_key` is the pair while the review is open and NULL afterwards, so
-- that one may be open per pair and any number closed. `gone_since` is when Kratos first said 404 for the
-- identity that a relink moves away from.
CREATE TABLE IF NOT EXISTS review (
    id                CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    identity_id       CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    user_id           CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    kind              VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    state             VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    open_key          CHAR(73)     CHARACTER SET ascii COLLATE ascii_bin NULL,
    gone_identity_id  CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NULL,
    gone_since        DATETIME(6)  NULL,
    first_audit_id    CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    asked_at          DATETIME(6)  NOT NULL,
    decided_at        DATETIME(6)  NULL,
    decided_by        VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    decision_audit_id CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NULL,
    reason            VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    PRIMARY KEY (id),
    UNIQUE KEY review_open_uq (open_key),
    KEY review_state_ix (state, id),
    KEY review_identity_ix (identity_id, state),
    KEY review_user_ix (user_id, state)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='identity-resolver'
