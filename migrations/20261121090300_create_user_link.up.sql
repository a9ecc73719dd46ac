-- Our own facts about a user. It outlives the user's row on purpose: it is how a person whom the platform
-- deleted is told from a newcomer. So `identity_id` is not unique and `user_id` no foreign key.
CREATE TABLE IF NOT EXISTS user_link (
    user_id     CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    identity_id CHAR(36)    CHARACTER SET ascii COLLATE ascii_bin NULL,
    state       VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    linked_at   DATETIME(6) NULL,
    PRIMARY KEY (user_id),
    KEY user_link_identity_ix (identity_id)
) ENGINE=InnoDB COMMENT='identity-resolver'
