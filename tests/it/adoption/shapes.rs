//! Tables as platforms make them, each with a few users.

/// A user that every shape has, unlinked unless the shape says otherwise.
pub(super) const ADA: &str = "018f0000-0000-7000-8000-00000000000a";
/// Another one.
pub(super) const BOB: &str = "018f0000-0000-7000-8000-00000000000b";
/// The identity that `LINKED` has for Ada, in lower case.
pub(super) const ADAS_IDENTITY: &str = "6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d11";

/// As `TypeORM` makes it: a unique `nameID`, dates of its own, several columns that are required.
pub(super) const TYPEORM: [&str; 2] = [
    "CREATE TABLE `user` (
        `id` char(36) NOT NULL,
        `createdDate` datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
        `updatedDate` datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
        `version` int(11) NOT NULL,
        `nameID` varchar(36) NOT NULL,
        `accountUpn` varchar(128) NOT NULL,
        `firstName` varchar(64) NOT NULL,
        `lastName` varchar(64) NOT NULL,
        `email` varchar(255) NOT NULL,
        `phone` varchar(255) NOT NULL,
        `gender` enum('none','other') NOT NULL DEFAULT 'none',
        `serviceProfile` tinyint(4) NOT NULL,
        `settings` text NULL,
        PRIMARY KEY (`id`),
        UNIQUE KEY `IDX_0742ec75e9fc10a1e393a3ef4c` (`nameID`)
     ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci",
    "INSERT INTO `user` VALUES ('018f0000-0000-7000-8000-00000000000a', '2024-01-01', '2024-01-02', 3, 'ada', 'ada', \
     'Ada', 'L', 'Ada@b.example', '', 'none', 0, NULL), ('018f0000-0000-7000-8000-00000000000b', '2024-01-01', \
     '2024-01-02', 1, 'bob', 'bob', 'Bob', 'B', 'bob@b.example', '', 'other', 1, '{}')",
];
pub(super) const TYPEORM_RULES: &str = r#"{"version": 1, "nameID": "$slug", "accountUpn": "$email", "phone": "",
    "serviceProfile": false, "settings": {"from": "kratos"}}"#;

/// `email` is unique under a collation that knows no letter case and no accents.
pub(super) const UNIQUE_EMAIL: [&str; 2] = [
    "CREATE TABLE `user` (
        id varchar(36) NOT NULL,
        email varchar(120) NOT NULL,
        name varchar(60) DEFAULT NULL,
        email_verified tinyint(1) NOT NULL DEFAULT 0,
        created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
        PRIMARY KEY (id),
        UNIQUE KEY email (email)
     ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci",
    "INSERT INTO `user` VALUES ('018F0000-0000-7000-8000-00000000000A', 'Ada@b.example', 'Ada', 1, '2024-01-01'), \
     ('018f0000-0000-7000-8000-00000000000b', 'bob@b.example', NULL, 0, '2024-01-01')",
];

/// Everything in latin1.
pub(super) const LATIN1: [&str; 2] = [
    "CREATE TABLE `user` (
        id char(36) NOT NULL,
        email varchar(255) NOT NULL,
        firstName varchar(20) NOT NULL,
        lastName varchar(20) DEFAULT NULL,
        PRIMARY KEY (id),
        KEY by_email (email)
     ) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_bin",
    "INSERT INTO `user` VALUES ('018f0000-0000-7000-8000-00000000000a', 'Ada@b.example', 'Ada', 'L'), \
     ('018f0000-0000-7000-8000-00000000000b', 'bob@b.example', 'Bob', NULL)",
];

/// `authId` is there, filled, in upper case, and a column follows every UPDATE.
pub(super) const LINKED: [&str; 2] = [
    "CREATE TABLE `user` (
        id char(36) NOT NULL,
        authId varchar(64) DEFAULT NULL,
        email varchar(255) DEFAULT NULL,
        updatedAt timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
        PRIMARY KEY (id),
        UNIQUE KEY one_login (authId)
     ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
    "INSERT INTO `user` VALUES ('018f0000-0000-7000-8000-00000000000a', '6F1C2A7E-9A54-4B2E-8D0A-1F3E5C7B9D11', \
     'Ada@b.example', '2024-01-01'), ('018f0000-0000-7000-8000-00000000000b', NULL, 'bob@b.example', '2024-01-01')",
];
