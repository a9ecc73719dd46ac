-- The platform writes this table too, all but `authId`. Not unique: `email`, because the platform may hold
-- twins; `address_claim` keeps this service from making any. `resolver_address` is only a candidate filter:
-- the comparison itself is made by the service. It is cut to 255 so that a longer address does not make the
-- platform's own INSERT fail, and invisible so that an INSERT without a column list goes on as before.
CREATE TABLE IF NOT EXISTS `user` (
    id        CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    email     VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    firstName VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    lastName  VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    createdAt DATETIME(6)  NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    authId    CHAR(36)     CHARACTER SET ascii COLLATE ascii_bin NULL,
    resolver_address VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        GENERATED ALWAYS AS (LEFT(LOWER(TRIM(CONVERT(email USING utf8mb4) COLLATE utf8mb4_bin)), 255))
        VIRTUAL INVISIBLE,
    PRIMARY KEY (id),
    UNIQUE KEY user_authId_uq (authId),
    KEY user_resolver_address_ix (resolver_address)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
