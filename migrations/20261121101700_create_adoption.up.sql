-- What `migrate` did to the table `user` and to columns of ours that follow it, in order, written before it is
-- done: `migrate down` takes back exactly this, last first. The row (`user`, `complete`) ends a first adoption.
CREATE TABLE IF NOT EXISTS adoption (
    position    BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    object      VARCHAR(160) CHARACTER SET ascii   COLLATE ascii_bin   NOT NULL,
    what        VARCHAR(32)  CHARACTER SET ascii   COLLATE ascii_bin   NOT NULL,
    old_value   VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    recorded_at DATETIME(6)  NOT NULL,
    PRIMARY KEY (position),
    UNIQUE KEY adoption_object_uq (object, what)
) ENGINE=InnoDB COMMENT='identity-resolver'
