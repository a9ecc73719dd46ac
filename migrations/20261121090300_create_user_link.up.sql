-- Our own facts about a user. No foreign key: the row outlives the user's, which the platform may delete. Who was
-- linked to whom and when is told by `link_history`.
CREATE TABLE IF NOT EXISTS user_link (
    user_id     CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    identity_id CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NULL,
    state       VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    linked_at   DATETIME(6) NULL,
    PRIMARY KEY (user_id)
) ENGINE=InnoDB COMMENT='identity-resolver'
