-- Every create inserts its address here first, in its own transaction: two identities with one address can
-- never both create a user. A claim whose user is gone, or has another address by now, is void.
CREATE TABLE IF NOT EXISTS address_claim (
    address    VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    user_id    CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    claimed_at DATETIME(6)  NOT NULL,
    PRIMARY KEY (address)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC COMMENT='identity-resolver'
