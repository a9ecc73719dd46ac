DROP TABLE IF EXISTS address_claim
