-- Refused decisions (409 and 422), counted per identity, code and UTC day.
CREATE TABLE IF NOT EXISTS refusal (
    identity_id    CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    code           VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    day            DATE        NOT NULL,
    first_audit_id CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    count          BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (identity_id, code, day),
    KEY refusal_audit_ix (first_audit_id)
) ENGINE=InnoDB COMMENT='identity-resolver'
