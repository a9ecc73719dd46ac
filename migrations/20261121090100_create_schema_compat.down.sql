DROP TABLE IF EXISTS schema_compat
