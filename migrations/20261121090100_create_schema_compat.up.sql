-- One row (id 1) names the least schema version a binary must know to serve; no row: any may.
CREATE TABLE IF NOT EXISTS schema_compat (
    id            TINYINT UNSIGNED NOT NULL,
    least_version BIGINT NOT NULL,
    PRIMARY KEY (id)
) ENGINE=InnoDB COMMENT='identity-resolver'
