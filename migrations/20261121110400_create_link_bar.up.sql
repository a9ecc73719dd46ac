-- Pairs that only a person may link: rejected in a review, or parted by hand. It outlives the user's row on
-- purpose, as `user_link` does.
CREATE TABLE IF NOT EXISTS link_bar (
    identity_id CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    user_id     CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    cause       VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    audit_id    CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    barred_at   DATETIME(6) NOT NULL,
    PRIMARY KEY (identity_id, user_id)
) ENGINE=InnoDB COMMENT='identity-resolver'
