-- Singleton work is held by a row, on database time; `epoch` fences whoever held it before.
CREATE TABLE IF NOT EXISTS lease (
    name       VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    holder     VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    epoch      BIGINT UNSIGNED NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    PRIMARY KEY (name)
) ENGINE=InnoDB COMMENT='identity-resolver'
